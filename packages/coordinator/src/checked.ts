import { checkOptions, required, whole } from '@holdfast/options';
import { isGroup, isRowSet, isSize } from './argument-checks.js';
import { classifyError as classify } from './failures/classify-error.js';
import type { ErrorKind } from './failures/failure-kinds.js';
import {
  groupFailed as afterFailed,
  deviceLost as afterLost,
  groupPassed as afterPassed,
  type GroupFailure,
  nextGroup as groupAfter,
  groupFailure,
  type Isolation,
  type IsolationClues,
  isIsolation,
  isolationClues,
  startIsolation as start,
} from './failures/isolation.js';
import { DEFAULT_POLICY, type RetryPolicy, wholePolicy } from './failures/retry-policy.js';
import {
  shouldRetryWorker as decide,
  type FailureHistory,
  failureHistory,
  type RetryDecision,
} from './failures/should-retry.js';
import { type WorkerStatus, workerStatus } from './workers/worker-status.js';

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
export function startIsolation(batchIdx: number, strikes: number, clues: IsolationClues = {}): Isolation {
  checkOptions('startIsolation', batchIdx, required(whole(0)), 'batchIdx');
  checkOptions('startIsolation', strikes, required(whole(0)), 'strikes');
  checkOptions('startIsolation', clues, isolationClues);
  return start(batchIdx, strikes, clues);
}

/** The search after a group failed. @throws RangeError and TypeError for what is no failure (`code` is `invalid_option`). */
export function groupFailed(
  isolation: Isolation,
  group: readonly number[],
  failure: GroupFailure,
): Isolation {
  checkOptions('groupFailed', isolation, isIsolation, 'isolation');
  checkOptions('groupFailed', group, isGroup, 'group');
  checkOptions('groupFailed', failure, groupFailure, 'failure');
  return afterFailed(isolation, group, failure);
}

/** The search after a group was embedded. @throws RangeError and TypeError for what is no search, size or group (`code` is `invalid_option`). */
export function groupPassed(isolation: Isolation, size: number, group: readonly number[]): Isolation {
  checkOptions('groupPassed', isolation, isIsolation, 'isolation');
  checkOptions('groupPassed', size, isSize, 'size');
  checkOptions('groupPassed', group, isGroup, 'group');
  return afterPassed(isolation, size, group);
}

/**
 * The rows to be embedded together next, ascending; null when every row is good or poisoned. A group that failed is halved
 * until a row is alone, which is tried twice; where its first half is good, the fault must be in the second, which is halved
 * without a try. What is left over is then tried as one, so that `k` rows of `n` cost about `k (log2 n + 3)` calls.
 *
 * @param size rows in the batch.
 * @param good rows that are embedded and kept; none after a worker was lost.
 * @throws RangeError and TypeError for what is no search, size or set (`code` is `invalid_option`).
 */
export function nextGroup(isolation: Isolation, size: number, good: ReadonlySet<number>): number[] | null {
  checkOptions('nextGroup', isolation, isIsolation, 'isolation');
  checkOptions('nextGroup', size, isSize, 'size');
  checkOptions('nextGroup', good, isRowSet, 'good');
  return groupAfter(isolation, size, good);
}

/**
 * The search after a worker that had proved its device lost it amid the calls: which of them failed for what reason is not
 * known, so that but for what was found it begins anew, with workers that end at each failure.
 *
 * @throws TypeError for what is no search (`code` is `invalid_option`).
 */
export function deviceLost(isolation: Isolation): Isolation {
  checkOptions('deviceLost', isolation, isIsolation, 'isolation');
  return afterLost(isolation);
}
