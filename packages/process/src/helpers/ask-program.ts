import { execFile } from 'node:child_process';

/** A system program's answer. */
export interface ProgramAnswer {
  stdout: string;
  /** Why there is no answer, else null; `silent`: it did not answer in time. */
  failure: { code: unknown; silent: boolean; message: string } | null;
}

/** Milliseconds to wait for a killed program to exit; one inside a hanging driver call never does. */
const EXIT_LIMIT = 2000;

/**
 * Runs a system program, such as nvidia-smi, and waits no longer than the limit, even if it hangs.
 *
 * @throws the signal's reason.
 */
export async function askProgram(
  name: string,
  args: readonly string[],
  { limitMs, signal }: { limitMs: number; signal?: AbortSignal },
): Promise<ProgramAnswer> {
  signal?.throwIfAborted();
  const answer = await new Promise<ProgramAnswer>((resolve) => {
    let silent = false;
    const child = execFile(name, args, { encoding: 'utf8' }, (error, stdout) => {
      clearTimeout(limit);
      clearTimeout(giveUp);
      signal?.removeEventListener('abort', end);
      const { code, message = '' } = error ?? {};
      resolve({ stdout, failure: error === null ? null : { code, silent, message } });
    });
    const end = () => {
      child.kill('SIGKILL');
      giveUp = setTimeout(() => {
        child.unref();
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ stdout: '', failure: { code: null, silent, message: 'it cannot be killed' } });
      }, EXIT_LIMIT);
    };
    let giveUp: NodeJS.Timeout | undefined;
    const limit = setTimeout(() => {
      silent = true;
      end();
    }, limitMs);
    signal?.addEventListener('abort', end, { once: true });
  });
  signal?.throwIfAborted();
  return answer;
}
