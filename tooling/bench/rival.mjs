import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Debian's PyTorch in a process of its own, so that its start is not measured; null where there is none. */
export async function startRival() {
  const script = fileURLToPath(new URL('./pt_rival.py', import.meta.url));
  const child = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'ignore'] });
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
