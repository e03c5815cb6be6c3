import type { Clock } from '../clock.js';
import { backoffMs, type RetryPolicy } from '../failures/retry-policy.js';

/** How a failing check of a folder is retried. */
export interface FolderCheckOptions {
  policy: Readonly<RetryPolicy>;
  clock: Clock;
  /** Actual milliseconds to wait, given those of the policy. */
  delay(ms: number): number;
  /** Ends the waiting. */
  signal: AbortSignal;
}

/**
 * Checks a shard's folder. If the check itself fails, as with a disk that does not answer, retries after a
 * back-off.
 *
 * @param look resolves to false if the folder's checkpoints are invalid.
 * @returns what is wrong, or null; null also if the signal ended the wait.
 */
export async function faultOfFolder(
  look: () => Promise<boolean | undefined>,
  { policy, clock, delay, signal }: FolderCheckOptions,
): Promise<string | null> {
  for (let failures = 0; ; failures++) {
    try {
      return (await look()) === false ? 'its checkpoints are invalid' : null;
    } catch (error) {
      if (failures >= policy.maxRetriesTransient)
        return `its checkpoints cannot be checked (${(error as Error)?.message ?? error})`;
    }
    await clock.sleep(delay(backoffMs(failures, policy)), signal).catch(() => undefined);
    if (signal.aborted) return null;
  }
}
