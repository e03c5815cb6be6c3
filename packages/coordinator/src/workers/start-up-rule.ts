import type { RetryPolicy } from '../failures/retry-policy.js';

/** Counts of workers that exited before they were ready. */
export interface StartUpFailures {
  /** Consecutive ones in the slot of the last. */
  ofSlot: number;
  /** Consecutive ones over all slots; null once any worker was ready. */
  overAll: number | null;
  /** Whether workers of other slots are still starting. */
  othersStart: boolean;
  /** Whether other slots can still have workers. */
  othersOpen: boolean;
}

/**
 * What to do after a worker exited before it was ready. A slot with a broken device is closed and does not
 * cost the run. If no worker can start at all, the run ends before every slot has used up its attempts.
 */
export function afterStartUpFailure(
  { ofSlot, overAll, othersStart, othersOpen }: StartUpFailures,
  { maxStartupFailures }: Readonly<RetryPolicy>,
): 'retry' | 'close_slot' | 'end_run' {
  const close = ofSlot >= maxStartupFailures;
  // A cause common to all slots, such as devices that are not free yet, may be gone by the second attempt.
  const again = ofSlot >= Math.min(2, maxStartupFailures);
  const none = overAll !== null && overAll >= maxStartupFailures && !othersStart && again;
  if (none || (close && !othersOpen)) return 'end_run';
  return close ? 'close_slot' : 'retry';
}
