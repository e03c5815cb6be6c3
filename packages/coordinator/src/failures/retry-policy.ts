import { atLeast, type Check, object, required, type Shape, value } from '@holdfast/options';

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

/** Milliseconds of the back-off after `failures` earlier failures. */
export function backoffMs(failures: number, policy: Readonly<RetryPolicy>): number {
  return Math.min(policy.backoffBaseSec * 2 ** failures, policy.backoffMaxSec) * 1000;
}

/** Milliseconds of the back-off after a worker was killed from outside, and `kills` before it without progress. */
export function killedBackoffMs(kills: number, policy: Readonly<RetryPolicy>): number {
  return Math.min(policy.killedBackoffBaseSec * 2 ** Math.min(kills, 60), policy.backoffMaxSec) * 1000;
}
