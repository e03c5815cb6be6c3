import type { Clock } from '../clock.js';
import { backoffMs, type RetryPolicy } from '../failures/retry-policy.js';

/** How long a folder that cannot be looked at is asked again. */
export interface FolderCheckOptions {
  policy: Readonly<RetryPolicy>;
  clock: Clock;
  /** The milliseconds that are waited in truth, given those of the policy. */
  delay(ms: number): number;
  /** Ends the waiting. */
  signal: AbortSignal;
}

/**
 * Looks at a shard's folder, and again after a back-off where that fails, as with a disk that does not answer: that may pass.
 *
 * @param look false: what is there is not valid.
 * @returns what is wrong, or null, also where the waiting was ended.
 */
export async function faultOfFolder(
  look: () => Promise<boolean | undefined>,
  { policy, clock, delay, signal }: FolderCheckOptions,
): Promise<string | null> {
  for (let failures = 0; ; failures++) {
    try {
      return (await look()) === false ? 'its checkpoints are not valid' : null;
    } catch (error) {
      if (failures >= policy.maxRetriesTransient)
        return `its checkpoints cannot be looked at (${(error as Error)?.message ?? error})`;
    }
    await clock.sleep(delay(backoffMs(failures, policy)), signal).catch(() => undefined);
    if (signal.aborted) return null;
  }
}
