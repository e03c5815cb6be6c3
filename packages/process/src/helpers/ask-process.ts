import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { noDebugPort } from '../debug-port.js';
import { stopSignalOf } from '../stop-signals.js';
import { HelperOutput } from './helper-output.js';
import { Patience, type Waiting } from './patience.js';

/** How a process ended that was asked something. */
export interface Answer<T> {
  /** The JSON in the last line that it wrote to standard output; undefined where that is none. */
  report: T | undefined;
  /** Null: it ended by itself, with exit code 0. */
  failure: HelperFailure | null;
  /** What it was doing last, as it told. */
  stage: string | null;
  stderr: string;
}

/** What kept a helper process from ending well. */
export interface HelperFailure {
  /** It was killed, since it had told nothing for so many milliseconds. */
  silentMs?: number;
  /** The signal it died of. */
  signal?: NodeJS.Signals;
  /** Why no process was made. */
  error?: NodeJS.ErrnoException;
  exitcode?: number;
}

export interface AskOptions {
  signal: AbortSignal;
  /** Milliseconds without a line on its standard output after which it is killed. */
  limitMs: number;
  /** Told once it is waited for long, and again from time to time. */
  onWaiting?: (waiting: Waiting) => void;
}

/**
 * The path of a script that a package exports, as it was built.
 *
 * @param from `import.meta.url` of who asks.
 */
export const exportedScript = (specifier: string, from: string): string =>
  createRequire(from).resolve(specifier);

/** What loads a script once signals are listened to; its first argument. */
export const startScript = (): string => exportedScript('@holdfast/process/start', import.meta.url);

/** Milliseconds until Node.js runs the first line: it waits for ever where its threads cannot be started. */
export const START_LIMIT = 60_000;

/** How often a helper that a signal stopped is started again. */
const RESTARTS = 5;

/** Milliseconds that a killed process has to be gone; one in a call of a driver that hangs never goes. */
const LAST_RITES = 5000;

/**
 * Runs a script in a process of its own, for what may end a process, never answer, or write where it should not. Each line that
 * it prints is a sign of progress; `{ "stage": … }` names what it does next. A helper that a signal stopped, and not this
 * command with it, is started again.
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
      }, LAST_RITES);
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
    // Node's own way with a signal ends it by SIGTERM, which one that hangs may not obey.
    signal.addEventListener('abort', end, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.printed(text)) patience.progress(output.stage);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => output.complained(text));
    // Where no process was made, nothing else is told.
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
