import { checkOptions, whole } from '@holdfast/options';
import { classifyError as classify, type ErrorKind, type WorkerStatus } from './classify-error.js';
import {
  groupFailed as afterFailed,
  type GroupFailure,
  type Isolation,
  startIsolation as start,
} from './isolation.js';
import { failureHistory, groupFailure, isolationClues, wholePolicy, workerStatus } from './option-checks.js';
import {
  DEFAULT_POLICY,
  shouldRetryWorker as decide,
  type FailureHistory,
  type RetryDecision,
  type RetryPolicy,
} from './retry-policy.js';

// The decisions as others call them, with what they are given checked. The coordinator itself calls them as they are: what a
// worker sends may be anything, and must not end the run.

/**
 * Tells the kind of a failure from how the worker ended and what it said; preemption is looked for first.
 *
 * @throws RangeError and TypeError for what no worker's end is like (`code` is `invalid_option`).
 */
export function classifyError(status: WorkerStatus): ErrorKind {
  checkOptions('classifyError', status, workerStatus, 'status');
  return classify(status);
}

/**
 * Whether a shard is tried again after a failure, why, and when: for ever at the poll interval after a preemption, at
 * once after a batch's first poisoning, else after 1, 2, 4 … seconds up to the longest back-off.
 *
 * @throws RangeError and TypeError for what is no failure or no policy (`code` is `invalid_option`).
 */
export function shouldRetryWorker(
  failure: FailureHistory,
  policy: Readonly<RetryPolicy> = DEFAULT_POLICY,
): RetryDecision {
  checkOptions('shouldRetryWorker', failure, failureHistory, 'failure');
  checkOptions('shouldRetryWorker', policy, wholePolicy, 'policy');
  return decide(failure, policy);
}

/**
 * The search in a batch that failed `strikes` times as a whole.
 *
 * @param clues rows that are suspected themselves, or among which the fault is, how many fit into memory, those that are known to be
 * at fault, and calls of parts that failed, by row; from what failed.
 * @throws RangeError and TypeError for clues that are none (`code` is `invalid_option`).
 */
export function startIsolation(
  batchIdx: number,
  strikes: number,
  clues: NonNullable<Parameters<typeof start>[2]> = {},
): Isolation {
  checkOptions('startIsolation', batchIdx, whole(0), 'batchIdx');
  checkOptions('startIsolation', strikes, whole(0), 'strikes');
  checkOptions('startIsolation', clues, isolationClues);
  return start(batchIdx, strikes, clues);
}

/** The search after a group failed. @throws RangeError and TypeError for what is no failure (`code` is `invalid_option`). */
export function groupFailed(
  isolation: Isolation,
  group: readonly number[],
  failure: GroupFailure,
): Isolation {
  checkOptions('groupFailed', failure, groupFailure, 'failure');
  return afterFailed(isolation, group, failure);
}
