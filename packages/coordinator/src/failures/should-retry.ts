import { object, oneOf, required, whole } from '@holdfast/options';
import { ERROR_KINDS, type ErrorKind, FAILURE_KINDS } from './failure-kinds.js';
import { DEFAULT_POLICY, type RetryPolicy } from './retry-policy.js';

/** A failure together with earlier ones. */
export interface FailureHistory {
  kind: ErrorKind;
  /** Earlier failures of this kind since the shard last made progress. */
  retryCount: number;
  /** The batch during which it failed, if known. */
  batchIdx?: number | undefined;
  /** Failures of that batch, including this one. Default 1. */
  batchFailures?: number | undefined;
}

export const failureHistory = object<FailureHistory>({
  kind: required(oneOf(ERROR_KINDS)),
  retryCount: required(whole(0)),
  batchIdx: whole(0),
  batchFailures: whole(0),
});

export interface RetryDecision {
  retry: boolean;
  /** Why, for people. */
  reason: string;
  /** Milliseconds until the next attempt; 0 if there is none. */
  delayMs: number;
}

/**
 * Whether, why and when a shard is retried after a failure: without limit at the poll interval after a
 * preemption, immediately after a batch's first poisoning, otherwise after 1, 2, 4 … seconds up to the
 * longest back-off.
 */
export function shouldRetryWorker(
  { kind, retryCount, batchIdx, batchFailures = 1 }: FailureHistory,
  policy: Readonly<RetryPolicy> = DEFAULT_POLICY,
): RetryDecision {
  const stop = (reason: string): RetryDecision => ({ retry: false, reason, delayMs: 0 });
  const again = (reason: string, failures: number): RetryDecision => ({
    retry: true,
    reason,
    delayMs: FAILURE_KINDS[kind].delayMs(failures, policy),
  });
  switch (FAILURE_KINDS[kind].budget) {
    case 'endless':
      return again(`${kind.replaceAll('_', ' ')} #${retryCount + 1}, capacity will return`, retryCount);
    case 'per_batch': {
      const [batch, most] = [`batch ${batchIdx ?? 'unknown'}`, policy.poisonStrikes];
      return batchFailures >= most
        ? stop(`circuit breaker: ${batch} failed ${batchFailures} times`)
        : again(`${batch}, strike ${batchFailures}/${most}`, batchFailures - 1);
    }
    case 'per_shard': {
      const most = policy.maxRetriesTransient;
      return retryCount >= most
        ? stop(`exhausted ${most} retries`)
        : again(`attempt ${retryCount + 1}/${most}`, retryCount);
    }
  }
}
