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

// The decisions with checked arguments, for callers outside. The coordinator calls them unchecked: a worker
// may send anything, and that must not end the run.

/**
 * Classifies a failure by how the worker ended and by its error text; a code of the error counts for more than its message.
 *
 * @throws RangeError and TypeError for an invalid status (`code` is `invalid_option`).
 */
export function classifyError(status: WorkerStatus): ErrorKind {
  checkOptions('classifyError', status, workerStatus, 'status');
  return classify(status);
}

/**
 * Whether, why and when a shard is retried after a failure: without limit at the poll interval after a
 * preemption, immediately after a batch's first poisoning, otherwise after 1, 2, 4 … seconds up to the
 * longest back-off.
 *
 * @throws RangeError and TypeError for an invalid failure or policy (`code` is `invalid_option`).
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
 * Starts the isolation of a batch that failed `strikes` times as a whole.
 *
 * @param clues what the failures showed: rows suspected individually, rows among which the fault is, how many
 * rows fit into memory, rows known to be at fault, and failed calls of parts of the batch, by row.
 * @throws RangeError and TypeError for invalid clues (`code` is `invalid_option`).
 */
export function startIsolation(batchIdx: number, strikes: number, clues: IsolationClues = {}): Isolation {
  checkOptions('startIsolation', batchIdx, required(whole(0)), 'batchIdx');
  checkOptions('startIsolation', strikes, required(whole(0)), 'strikes');
  checkOptions('startIsolation', clues, isolationClues);
  return start(batchIdx, strikes, clues);
}

/**
 * The isolation after a group failed.
 *
 * @throws RangeError and TypeError for an invalid failure (`code` is `invalid_option`).
 */
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

/**
 * The isolation after a group was embedded.
 *
 * @throws RangeError and TypeError for an invalid isolation, size or group (`code` is `invalid_option`).
 */
export function groupPassed(isolation: Isolation, size: number, group: readonly number[]): Isolation {
  checkOptions('groupPassed', isolation, isIsolation, 'isolation');
  checkOptions('groupPassed', size, isSize, 'size');
  checkOptions('groupPassed', group, isGroup, 'group');
  return afterPassed(isolation, size, group);
}

/**
 * The rows to embed together next, ascending; null when every row is good or poisoned. A group that fails is
 * halved until a row is alone; that row is embedded twice. If the first half is good, the fault is in the
 * second, which is halved without a call. The remaining rows then form one group. Finding `k` rows of `n`
 * costs about `k (log2 n + 3)` calls.
 *
 * @param size rows in the batch.
 * @param good rows that are embedded and kept; none after a worker was lost.
 * @throws RangeError and TypeError for an invalid isolation, size or set (`code` is `invalid_option`).
 */
export function nextGroup(isolation: Isolation, size: number, good: ReadonlySet<number>): number[] | null {
  checkOptions('nextGroup', isolation, isIsolation, 'isolation');
  checkOptions('nextGroup', size, isSize, 'size');
  checkOptions('nextGroup', good, isRowSet, 'good');
  return groupAfter(isolation, size, good);
}

/**
 * The isolation after a worker lost a device that it had proved good. Any of its calls may have failed
 * because of the device, so the isolation restarts and keeps only the rows already found; workers now exit at
 * each failure.
 *
 * @throws TypeError for an invalid isolation (`code` is `invalid_option`).
 */
export function deviceLost(isolation: Isolation): Isolation {
  checkOptions('deviceLost', isolation, isIsolation, 'isolation');
  return afterLost(isolation);
}
