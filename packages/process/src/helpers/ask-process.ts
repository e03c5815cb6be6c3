import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { noDebugPort } from '../debug-port.js';
import { stopSignalOf } from '../stop-signals.js';
import { HelperOutput } from './helper-output.js';
import { Patience, type Waiting } from './patience.js';

/** A helper's answer, and how it ended. */
export interface Answer<T> {
  /** The JSON in its last line of standard output; undefined if that is not JSON. */
  report: T | undefined;
  /** Null: it exited with code 0. */
  failure: HelperFailure | null;
  /** The last step it reported. */
  stage: string | null;
  stderr: string;
}

/** How a helper failed. */
export interface HelperFailure {
  /** It was killed after this many milliseconds without output. */
  silentMs?: number;
  /** The signal it died of. */
  signal?: NodeJS.Signals;
  /** Why the process could not be spawned. */
  error?: NodeJS.ErrnoException;
  exitcode?: number;
}

export interface AskOptions {
  signal: AbortSignal;
  /** Milliseconds without a line on its standard output after which it is killed. */
  limitMs: number;
  /** Called once the wait is long, and again from time to time. */
  onWaiting?: (waiting: Waiting) => void;
}

/**
 * The path of a script that a package exports, as built.
 *
 * @param from the caller's `import.meta.url`.
 */
export const exportedScript = (specifier: string, from: string): string =>
  createRequire(from).resolve(specifier);

/** The script that loads another one, its first argument, once signals are handled. */
export const startScript = (): string => exportedScript('@holdfast/process/start', import.meta.url);

/** Milliseconds until Node.js must run the first line: it hangs if its threads cannot be started. */
export const START_LIMIT = 60_000;

/** How often a helper that a signal stopped is restarted. */
const RESTARTS = 5;

/** Milliseconds to wait for a killed process to exit; one inside a hanging driver call never does. */
const EXIT_LIMIT = 5000;

/**
 * Runs a script in a separate process, since it may crash, hang, or write where it should not. Each line that it prints counts
 * as progress; `{ "stage": … }` names its next step. A helper that a signal stopped, without this command, is restarted.
 *
 * @throws the signal's reason.
 */
export async function askProcess<T>(script: string, arg: string, options: AskOptions): Promise<Answer<T>> {
  for (let restarts = 0; ; restarts++) {
    const answer = await askOnce<T>(script, arg, options);
    const { report, failure } = answer;
    if (report !== undefined || failure === null || restarts >= RESTARTS) return answer;
    if (stopSignalOf(failure.exitcode, failure.signal) === null) return answer;
  }
}

async function askOnce<T>(
  script: string,
  arg: string,
  { signal, limitMs, onWaiting }: AskOptions,
): Promise<Answer<T>> {
  signal.throwIfAborted();
  const output = new HelperOutput();
  let silentMs: number | undefined;
  const failure = await new Promise<HelperFailure | null>((resolve) => {
    const child = spawn(process.execPath, [...noDebugPort(), startScript(), script, arg], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = () => {
      child.kill('SIGKILL');
      giveUp = setTimeout(() => {
        child.unref();
        child.stdout.destroy();
        child.stderr.destroy();
        done(silentMs === undefined ? { signal: 'SIGKILL' } : { silentMs });
      }, EXIT_LIMIT);
    };
    let giveUp: NodeJS.Timeout | undefined;
    const patience = new Patience(limitMs, {
      firstMs: START_LIMIT,
      onWaiting,
      onLimit(ms) {
        silentMs = ms;
        end();
      },
    });
    const done = (outcome: HelperFailure | null) => {
      clearTimeout(giveUp);
      patience.end();
      signal.removeEventListener('abort', end);
      resolve(outcome);
    };
    // Node's own `signal` option would send SIGTERM, which a hanging process may ignore.
    signal.addEventListener('abort', end, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.printed(text)) patience.progress(output.stage);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => output.complained(text));
    // If the process could not be spawned, no other event follows.
    child.on('error', (error) => {
      if (child.pid === undefined) done({ error });
    });
    child.on('close', (exitcode, died) => {
      if (silentMs !== undefined) done({ silentMs });
      else if (died !== null) done({ signal: died });
      else done(exitcode === 0 || exitcode === null ? null : { exitcode });
    });
  });
  signal.throwIfAborted();
  return { report: output.report<T>(), failure, stage: output.stage, stderr: output.stderr };
}
