import { classifyError, type ErrorKind } from './classify-error.js';
import type { Ending } from './shard-failure.js';
import type { Life } from './slot.js';
import { stopSignalOf } from './stop-signals.js';

/** How a worker process ended. */
export interface Exit {
  exitcode: number | null;
  signal: string | null;
  /** Why no process was made, if that is so. */
  error: Error | undefined;
  /** Whether the kernel's out-of-memory killer struck meanwhile. */
  oomKilled: boolean;
}

/** What a process dies of by its own doing. */
const CRASHES = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP']);
/** As a shell or a container tells them. */
const CRASH_CODES = new Set([132, 133, 134, 135, 136, 139]);

/** Codes of workers that say that it is not what they were given. */
const BY_CODE: ReadonlyMap<string, Ending> = new Map([
  ['unfit_device', 'unfit'],
  ['lost_device', 'lost'],
]);

/** What is to be made of a worker's end: its kind, what people are told, and how it came. */
export function failureOf(
  life: Life,
  { exitcode, signal, error, oomKilled }: Exit,
): { kind: ErrorKind; message: string; how: Ending } {
  if (life.stalledMs !== null) {
    const seconds = Math.round(life.stalledMs / 100) / 10;
    const stage = life.stage === null ? '' : ` while ${life.stage}`;
    const message = `the worker made no progress for ${seconds} s${life.ready ? '' : stage}`;
    return { kind: 'transient', message, how: 'died' };
  }
  if (life.failure !== null) {
    const { message: errorMessage, error: code } = life.failure;
    const kind = classifyError({ exitcode, signal, error: code, errorMessage, oomKilled });
    return { kind, message: errorMessage, how: BY_CODE.get(code) ?? 'told' };
  }
  const lastWords = life.lastWords.join('\n');
  const message = error?.message ?? describeExit(exitcode, signal, life.shard);
  const kind = classifyError({ exitcode, signal, errorMessage: message, lastWords, oomKilled });
  const killer = kind === 'oom' && oomKilled ? "; the kernel's out-of-memory killer struck" : '';
  const said = life.lastWords.length > 0 ? `; it said last: ${life.lastWords.join(' | ')}` : '';
  const crashed = CRASHES.has(signal ?? '') || CRASH_CODES.has(exitcode ?? -1);
  return { kind, message: `${message}${killer}${said}`, how: crashed ? 'died' : 'ended' };
}

function describeExit(exitcode: number | null, signal: string | null, shard: number | null): string {
  const stop = stopSignalOf(exitcode, signal);
  const died = signal !== null ? `died of ${signal}` : `ended with exit code ${exitcode}`;
  const how = stop !== null ? `was stopped by ${stop}` : died;
  return `the worker ${how} ${shard === null ? 'without having a shard' : `before shard ${shard} was complete`}`;
}
