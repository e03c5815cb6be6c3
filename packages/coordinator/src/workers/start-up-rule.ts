import type { RetryPolicy } from '../failures/retry-policy.js';

/** Workers that ended before they were ready. */
export interface StartUpFailures {
  /** In a row, of the slot of the last one. */
  ofSlot: number;
  /** In a row, over all slots; null once any worker was ready. */
  overAll: number | null;
  /** Whether workers of other slots are still starting. */
  othersStart: boolean;
  /** Whether other slots can still have workers. */
  othersOpen: boolean;
}

/**
 * What is done after a worker ended before it was ready: one slot whose device is broken is closed, and costs no run; where no
 * worker can start at all, the run ends without each slot finding that out by itself.
 */
export function afterStartUpFailure(
  { ofSlot, overAll, othersStart, othersOpen }: StartUpFailures,
  { maxStartupFailures }: Readonly<RetryPolicy>,
): 'retry' | 'close_slot' | 'end_run' {
  const close = ofSlot >= maxStartupFailures;
  // What is in the way of all at once, as devices that are not free yet, may be gone at the second try.
  const again = ofSlot >= Math.min(2, maxStartupFailures);
  const none = overAll !== null && overAll >= maxStartupFailures && !othersStart && again;
  if (none || (close && !othersOpen)) return 'end_run';
  return close ? 'close_slot' : 'retry';
}
