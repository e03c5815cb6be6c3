import { setTimeout } from 'node:timers/promises';

/** The time and a timer. */
export interface Clock {
  /** Milliseconds; never runs backwards. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Longest delay of a Node timer, milliseconds; a longer one would fire immediately. */
const LONGEST = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => setTimeout(Math.min(ms, LONGEST), undefined, { signal }),
};

/** Calls back after `ms` milliseconds, unless the returned function is called before. */
export function after(clock: Clock, ms: number, callback: () => void): () => void {
  const abort = new AbortController();
  clock.sleep(ms, abort.signal).then(
    // It may be cancelled in the very turn in which it is due.
    () => abort.signal.aborted || callback(),
    () => undefined,
  );
  return () => abort.abort();
}
