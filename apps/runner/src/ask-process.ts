import { type ExecFileException, type ExecFileOptions, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a process ended that was asked something. */
export interface Answer<T> {
  /** The JSON in the last line that it wrote to standard output; undefined where that is none. */
  report: T | undefined;
  error: ExecFileException | null;
  stderr: string;
}

/** One of our scripts, beside this file when built. */
export const scriptNamed = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/**
 * Runs a script in a process of its own, for what may end a process, never answer, or write where it should not.
 *
 * @throws the signal's reason.
 */
export async function askProcess<T>(
  script: string,
  arg: string,
  options: ExecFileOptions & { signal: AbortSignal },
): Promise<Answer<T>> {
  const { signal, ...rest } = options;
  signal.throwIfAborted();
  let end = () => {};
  const answer = await new Promise<Answer<T>>((resolve) => {
    const child = execFile(
      process.execPath,
      [script, arg],
      { ...rest, killSignal: 'SIGKILL', encoding: 'utf8' },
      (error, stdout, stderr) => resolve({ report: lastLine<T>(stdout), error, stderr }),
    );
    // Node's own way with a signal ends it by SIGTERM, which one that hangs may not obey.
    end = () => void child.kill('SIGKILL');
    signal.addEventListener('abort', end, { once: true });
  });
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return answer;
}

function lastLine<T>(stdout: string): T | undefined {
  try {
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
  } catch {
    return undefined;
  }
}
