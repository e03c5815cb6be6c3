import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * PyTorch in a process of its own, so that its start is not measured; null where there is none.
 *
 * @param name of the script beside this file. @param python Debian's, unless another one is named.
 */
export async function startRival(name = './pt_rival.py', python = '/usr/bin/python3') {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', process.env['BENCH_DEBUG'] ? 'inherit' : 'ignore'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on('error', () => undefined);
  const { value: hello } = await answers.next();
  if (hello === undefined) return null;
  return {
    version: JSON.parse(hello),
    async ask(...command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`PyTorch ended on ${command[0]}`);
      return JSON.parse(value);
    },
    end: () => child.stdin.end(),
  };
}
