import { atLeast, type Check, object, oneOf, required, type Shape, value, whole } from '@holdfast/options';
import { ERROR_KINDS, type ErrorKind } from './classify-error.js';

/** When and how often a failed shard is tried again. */
export interface RetryPolicy {
  /** Retries after a failure by memory or of unknown cause, counted for each shard and kind alone. Default 3. */
  maxRetriesTransient: number;
  /** Failures of the same batch that open the circuit breaker. Default 2. */
  poisonStrikes: number;
  /** Seconds until a preempted worker is started again. Default 60. */
  spotRetryPollInterval: number;
  /**
   * Seconds until the first retry after a worker was killed from outside (SIGKILL without a record of the kernel's
   * out-of-memory killer). Doubles with each further kill up to `backoffMaxSec`, and begins anew after progress. Default 0.25.
   */
  killedBackoffBaseSec: number;
  /** Seconds of the first back-off, which doubles each time. Default 1. */
  backoffBaseSec: number;
  /** Seconds of the longest back-off. Default 60. */
  backoffMaxSec: number;
  /** What a back-off is lengthened by at most, by chance, as a share of it: not all come back at once. Default 0.25. */
  jitter: number;
  /** Calls that must go well before a token budget that was halved is doubled; four times as many after each further failure. Default 8. */
  climbAfter: number;
  /**
   * Workers in a row that end before they are ready: of one slot, they close it; over all slots, before any was ready and
   * while none is starting, they end the run, at the second try of a slot at the soonest. So many in a row that find their device at fault close the slot, too. Default 3.
   */
  maxStartupFailures: number;
}

export const DEFAULT_POLICY: Readonly<RetryPolicy> = {
  maxRetriesTransient: 3,
  poisonStrikes: 2,
  spotRetryPollInterval: 60,
  killedBackoffBaseSec: 0.25,
  backoffBaseSec: 1,
  backoffMaxSec: 60,
  jitter: 0.25,
  climbAfter: 8,
  maxStartupFailures: 3,
};

const seconds = atLeast(0, 'seconds');

/** A count that may be `Infinity`. */
const count = (least: number): Check =>
  value(
    `a whole number of at least ${least}, or Infinity`,
    (given) =>
      (Number.isSafeInteger(given) || given === Number.POSITIVE_INFINITY) && (given as number) >= least,
  );

const policyShape = {
  maxRetriesTransient: count(0),
  poisonStrikes: count(1),
  spotRetryPollInterval: seconds,
  killedBackoffBaseSec: seconds,
  backoffBaseSec: seconds,
  backoffMaxSec: seconds,
  jitter: atLeast(0),
  climbAfter: count(1),
  maxStartupFailures: count(1),
} satisfies Shape<Partial<RetryPolicy>>;

/** Checks what a caller changes of `DEFAULT_POLICY`. */
export const policyChanges = object<Partial<RetryPolicy>>(policyShape);

/** Checks a policy that has every field. */
export const wholePolicy = object<RetryPolicy>(
  Object.fromEntries(
    Object.entries(policyShape).map(([name, check]) => [name, required(check)]),
  ) as unknown as Shape<RetryPolicy>,
);

/** The default policy with some changes; one that is undefined is none. */
export function policyWith(changes: Partial<RetryPolicy> = {}): RetryPolicy {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_POLICY, ...given };
}

/** A failure in the light of those before it. */
export interface FailureHistory {
  kind: ErrorKind;
  /** Earlier failures of this shard of this kind, since it last made progress. */
  retryCount: number;
  /** The batch at work when it failed, where that is known. */
  batchIdx?: number | undefined;
  /** Failures of that batch, this one included. Default 1. */
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
  /** Milliseconds until the next try; 0 if there is none. */
  delayMs: number;
}

/**
 * Whether a shard is tried again after a failure, why, and when: for ever at the poll interval after a preemption, at
 * once after a batch's first poisoning, else after 1, 2, 4 … seconds up to the longest back-off.
 */
export function shouldRetryWorker(
  { kind, retryCount, batchIdx, batchFailures = 1 }: FailureHistory,
  policy: Readonly<RetryPolicy> = DEFAULT_POLICY,
): RetryDecision {
  const batch = `batch ${batchIdx ?? 'unknown'}`;
  switch (kind) {
    case 'spot_preemption': {
      const reason = `spot preemption #${retryCount + 1}, capacity will return`;
      return { retry: true, reason, delayMs: policy.spotRetryPollInterval * 1000 };
    }
    case 'poison_input':
      return batchFailures >= policy.poisonStrikes
        ? { retry: false, reason: `circuit breaker: ${batch} failed ${batchFailures} times`, delayMs: 0 }
        : { retry: true, reason: `${batch}, strike ${batchFailures}/${policy.poisonStrikes}`, delayMs: 0 };
    case 'oom':
    case 'transient': {
      const most = policy.maxRetriesTransient;
      return retryCount >= most
        ? { retry: false, reason: `exhausted ${most} retries`, delayMs: 0 }
        : {
            retry: true,
            reason: `attempt ${retryCount + 1}/${most}`,
            delayMs: backoffMs(retryCount, policy),
          };
    }
  }
}

/** Milliseconds of the back-off after `failures` earlier failures. */
export function backoffMs(failures: number, policy: Readonly<RetryPolicy>): number {
  return Math.min(policy.backoffBaseSec * 2 ** failures, policy.backoffMaxSec) * 1000;
}

/** Milliseconds of the back-off after a worker was killed from outside, and `kills` before it without progress. */
export function killedBackoffMs(kills: number, policy: Readonly<RetryPolicy>): number {
  return Math.min(policy.killedBackoffBaseSec * 2 ** Math.min(kills, 60), policy.backoffMaxSec) * 1000;
}
