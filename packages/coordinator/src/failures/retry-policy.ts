import { atLeast, type Check, object, required, type Shape, value } from '@holdfast/options';

/** When and how often a failed shard is retried. */
export interface RetryPolicy {
  /** Retries after an `oom` or `transient` failure, counted for each shard and kind separately. Default 3. */
  maxRetriesTransient: number;
  /** Failures of the same batch that open the circuit breaker. Default 2. */
  poisonStrikes: number;
  /** Seconds until a preempted worker is restarted. Default 60. */
  spotRetryPollInterval: number;
  /**
   * Seconds until the first retry after a worker was killed from outside (SIGKILL without a record of the
   * kernel's out-of-memory killer). Doubles with each further kill up to `backoffMaxSec`; progress resets it.
   * Default 0.25.
   */
  killedBackoffBaseSec: number;
  /** Seconds of the first back-off, which doubles each time. Default 1. */
  backoffBaseSec: number;
  /** Seconds of the longest back-off. Default 60. */
  backoffMaxSec: number;
  /**
   * Random extra back-off, at most this share of it, so retries do not coincide. Default 0.25.
   */
  jitter: number;
  /**
   * Calls that must succeed before a halved token budget is doubled; four times as many after each further
   * failure. Default 8.
   */
  climbAfter: number;
  /**
   * Consecutive workers that exit before they are ready. This many in one slot close it. This many over all
   * slots, before any worker was ready and while none is starting, end the run, but not before the slot's
   * second attempt. This many consecutive workers that find their device at fault also close the slot.
   * Default 3.
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

/** Checks a caller's changes to `DEFAULT_POLICY`. */
export const policyChanges = object<Partial<RetryPolicy>>(policyShape);

/** Checks a policy that has every field. */
export const wholePolicy = object<RetryPolicy>(
  Object.fromEntries(
    Object.entries(policyShape).map(([name, check]) => [name, required(check)]),
  ) as unknown as Shape<RetryPolicy>,
);

/** The default policy with changes; an undefined value changes nothing. */
export function policyWith(changes: Partial<RetryPolicy> = {}): RetryPolicy {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_POLICY, ...given };
}

/** Milliseconds of the back-off after `failures` earlier failures. */
export function backoffMs(failures: number, policy: Readonly<RetryPolicy>): number {
  return Math.min(policy.backoffBaseSec * 2 ** failures, policy.backoffMaxSec) * 1000;
}

/**
 * Milliseconds of the back-off after a kill from outside, with `kills` earlier ones since the last progress.
 */
export function killedBackoffMs(kills: number, policy: Readonly<RetryPolicy>): number {
  return Math.min(policy.killedBackoffBaseSec * 2 ** Math.min(kills, 60), policy.backoffMaxSec) * 1000;
}
