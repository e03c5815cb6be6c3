/** How long a process has waited for a lock, in milliseconds. */
export interface Waiting {
  /** Pauses so far. */
  pauses: number;
  /** Since it began to ask. */
  waitedMs: number;
  /** What it has waited for this lock lately; 0 for the first time. */
  usualMs: number;
}

/** Milliseconds of the first pause, and what it grows to if the lock is mostly free. */
const FIRST = 1;
const SOON = 20;
const GROWTH = 1.5;
/** Nobody pauses longer. */
const MOST = 1000;

/** How often a process asks in its usual wait. */
const OFTEN = 8;

/**
 * Milliseconds to pause before asking again for a lock that hundreds may want.
 *
 * Each question costs the file system about as much as a step of the holder's work: hundreds of processes that ask every 20 ms leave
 * the holder no time. So a process asks a few times in the wait that it expects, however many there are. Past that wait it asks more
 * often, so it comes before those who have just begun.
 */
export function pauseMs({ pauses, waitedMs, usualMs }: Waiting): number {
  // Before anybody has noted a wait, half of one's own is the best guess.
  const expected = isMostlyFree(usualMs) ? waitedMs / 2 : usualMs;
  const share = (expected / OFTEN) * Math.min(1, expected / waitedMs);
  return Math.max(soonMs(pauses), Math.min(share, MOST));
}

/** Milliseconds to pause where few wait. @param pauses so far. */
export const soonMs = (pauses: number): number => Math.min(FIRST * GROWTH ** pauses, SOON);

/** Whether to ask several times without a pause: most holders need the lock only for microseconds. */
export const isMostlyFree = (usualMs: number): boolean => usualMs < SOON;

/** Shares of what was usual: how fast a longer wait counts, and how fast it is forgotten, by whether the lock was free. */
const RISE = 0.3;
const FADE = { free: 0.8, taken: 0.98 };

/**
 * The usual wait after one more. One long wait hardly counts; a crowd is noticed, and forgotten once the lock is free again.
 *
 * @param free whether the first question got the lock.
 */
export function usualAfter(usualMs: number, { waitedMs, free }: { waitedMs: number; free: boolean }): number {
  if (waitedMs > usualMs) return usualMs + (waitedMs - usualMs) * RISE;
  return usualMs * (free ? FADE.free : FADE.taken);
}
