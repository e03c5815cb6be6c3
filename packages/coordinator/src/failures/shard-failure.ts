import { counted } from '@holdfast/options';
import { type Ending, type ErrorKind, FAILURE_KINDS } from './failure-kinds.js';
import {
  countedIn,
  deviceLost,
  groupFailed,
  type Isolation,
  type PoisonKind,
  startIsolation,
} from './isolation.js';
import type { Recovery } from './recovery.js';
import { backoffMs, killedBackoffMs, type RetryPolicy } from './retry-policy.js';
import { shouldRetryWorker } from './should-retry.js';

/** How a worker failed on a shard. */
export interface ShardFailure {
  kind: ErrorKind;
  /** The current batch, if known. */
  batchIdx?: number | undefined;
  message: string;
  /** Rows that were being embedded, if they were only a part of the batch. */
  inCall?: readonly number[] | null | undefined;
  /** Rows of the batch known to be at fault. */
  faulty?: readonly number[] | undefined;
  /** Whether it was embedding a control: plain residues as long as a sequence that hung. */
  control?: boolean | undefined;
  /** Default: `reported`. */
  how?: Ending | undefined;
}

/** The decision about a shard after a failure. */
export interface Verdict {
  /**
   * `isolate`: retried with an isolation of the rows at fault. `too_slow`: plain residues also exceed the
   * stall limit, so it proves nothing against any sequence.
   */
  action: 'retry' | 'isolate' | 'give_up' | 'too_slow';
  /** Why, for people. */
  reason: string;
  /** Milliseconds until the next attempt. */
  delayMs: number;
}

/** Most failures of an isolation for each row at fault; enough for 2^30 rows in a batch. */
const FAILURES_PER_ROW = 32;

/** Slow controls after which the stall limit counts as too short; a single one may have met a busy moment. */
const SLOW_CONTROLS = 2;

/**
 * Decides about a shard after a failure, given its earlier failures.
 *
 * @param isolates whether workers can isolate the rows at fault.
 */
export function afterFailure(
  before: Readonly<Recovery>,
  failure: ShardFailure,
  policy: Readonly<RetryPolicy>,
  isolates: boolean,
): { recovery: Recovery; verdict: Verdict } {
  const { kind, inCall, how } = failure;
  if (how === 'killed') return afterKill(before, policy);
  const isolating = before.isolation !== null && before.isolation.batchIdx === failure.batchIdx;
  if (isolating && failure.control && how === 'hung') return afterSlowControl(before, failure, policy);
  const { blames, budget, halvesBudget = false } = FAILURE_KINDS[kind];
  const fault = blames(how);
  if (isolating && how === 'lost')
    return afterIsolation(before, deviceLost(before.isolation!), 'a failure broke the device');
  if (isolating && inCall && fault) return afterGroupFailed(before, failure, inCall, fault);
  // Between the calls of an isolation no row can be the cause.
  if (isolating && budget !== 'per_batch')
    return afterCounted(before, { ...failure, how: 'reported' }, policy, isolates);
  const known = fault && !isolating ? withFailedCall(before, failure) : before;
  if (budget === 'per_batch' || (halvesBudget && inCall?.length === 1))
    return afterStrike(known, failure, policy, isolates);
  return afterCounted(known, failure, policy, isolates);
}

function withFailedCall(before: Readonly<Recovery>, { batchIdx, inCall }: ShardFailure): Readonly<Recovery> {
  if (batchIdx === undefined) return before;
  const { whole, rows } = failedCallsOf(before, batchIdx);
  const calls = inCall ? { whole, rows: countedIn(rows, inCall) } : { whole: whole + 1, rows };
  return { ...before, failedCalls: { ...before.failedCalls, [batchIdx]: calls } };
}

const failedCallsOf = ({ failedCalls }: Readonly<Recovery>, batchIdx: number) =>
  failedCalls[batchIdx] ?? { whole: 0, rows: [] };

/**
 * A preemption that leaves the device: the next attempt comes soon. It spends no retry and blames nothing.
 */
function afterKill(before: Readonly<Recovery>, policy: Readonly<RetryPolicy>) {
  const kills = before.kills + 1;
  const reason = `worker killed from outside${kills > 1 ? ` ${kills} times in a row` : ''}`;
  const verdict: Verdict = { action: 'retry', reason, delayMs: killedBackoffMs(before.kills, policy) };
  return { recovery: { ...before, kills }, verdict };
}

/** The control was as slow as the sequence: the limit is too short, or the machine was busy for a moment. */
function afterSlowControl(
  before: Readonly<Recovery>,
  { batchIdx, message }: ShardFailure,
  policy: Readonly<RetryPolicy>,
): { recovery: Recovery; verdict: Verdict } {
  const slowControls = (before.isolation!.slowControls ?? 0) + 1;
  const recovery = { ...before, isolation: { ...before.isolation!, slowControls } };
  if (slowControls >= SLOW_CONTROLS)
    return { recovery, verdict: { action: 'too_slow', reason: message, delayMs: 0 } };
  const reason = `plain residues as long as a sequence of batch ${batchIdx} made no progress either`;
  return { recovery, verdict: { action: 'retry', reason, delayMs: backoffMs(0, policy) } };
}

/** Workers that died at a batch since the shard last made progress. */
const deathsOf = ({ deaths }: Readonly<Recovery>, { batchIdx }: ShardFailure) => deaths[batchIdx ?? -1] ?? 0;

function afterGroupFailed(
  before: Readonly<Recovery>,
  { message: error, faulty, batchIdx }: ShardFailure,
  group: readonly number[],
  kind: PoisonKind,
) {
  const isolation = groupFailed(before.isolation!, group, { kind, error, faulty });
  return afterIsolation(
    before,
    isolation,
    `${counted(group.length, 'sequence')} of batch ${batchIdx} failed`,
  );
}

/** An isolation goes on as long as it may still find something. */
function afterIsolation(before: Readonly<Recovery>, isolation: Isolation, reason: string) {
  const endless = isolation.failed > FAILURES_PER_ROW * (isolation.poisoned.length + 1);
  const verdict: Verdict = endless
    ? {
        action: 'give_up',
        reason: `the isolation of batch ${isolation.batchIdx} does not converge`,
        delayMs: 0,
      }
    : { action: 'retry', reason, delayMs: 0 };
  return { recovery: { ...before, isolation }, verdict };
}

/**
 * A strike against a batch, or against a single sequence that does not fit into memory; two open the breaker.
 */
function afterStrike(
  before: Readonly<Recovery>,
  failure: ShardFailure,
  policy: Readonly<RetryPolicy>,
  isolates: boolean,
): { recovery: Recovery; verdict: Verdict } {
  const { kind, batchIdx } = failure;
  const batchFailures = (before.strikes[batchIdx ?? -1] ?? 0) + 1;
  const recovery: Recovery = { ...before, strikes: { ...before.strikes, [batchIdx ?? -1]: batchFailures } };
  const { retry, reason } = shouldRetryWorker(
    { kind: 'poison_input', retryCount: 0, batchIdx, batchFailures },
    policy,
  );
  if (retry) {
    const delayMs = FAILURE_KINDS[kind].delayMs(batchFailures - 1, policy);
    return { recovery, verdict: { action: 'retry', reason, delayMs } };
  }
  if (!isolates || batchIdx === undefined)
    return { recovery, verdict: { action: 'give_up', reason, delayMs: 0 } };
  return openBreaker(recovery, { ...failure, batchIdx }, reason, policy);
}

function afterCounted(
  before: Readonly<Recovery>,
  failure: ShardFailure,
  policy: Readonly<RetryPolicy>,
  isolates: boolean,
): { recovery: Recovery; verdict: Verdict } {
  const { kind, batchIdx, how } = failure;
  const retryCount = before.failures[kind] ?? 0;
  const recovery: Recovery = { ...before, failures: { ...before.failures, [kind]: retryCount + 1 } };
  const { retry, reason, delayMs } = shouldRetryWorker({ kind, retryCount, batchIdx }, policy);
  const { blames, halvesBudget, budget } = FAILURE_KINDS[kind];
  if (halvesBudget) {
    recovery.outOfMemory++;
    // The last attempt uses the smallest budget.
    const last = before.halvings === null || retryCount + 1 >= policy.maxRetriesTransient;
    recovery.halvings = last ? null : before.halvings! + 1;
  }
  const fault = blames(how);
  if ((fault === 'crash' || fault === 'hang') && batchIdx !== undefined)
    recovery.deaths = { ...before.deaths, [batchIdx]: deathsOf(before, failure) + 1 };
  if (retry) {
    const words = budget === 'endless' ? preemptedWords(retryCount) : attemptWords(retryCount, policy);
    return { recovery, verdict: { action: 'retry', reason: words, delayMs } };
  }
  const deaths = deathsOf(recovery, failure);
  if (isolates && batchIdx !== undefined && deaths > policy.maxRetriesTransient)
    return openBreaker(
      recovery,
      { ...failure, batchIdx },
      `${deaths} workers died at batch ${batchIdx}`,
      policy,
    );
  return { recovery, verdict: { action: 'give_up', reason, delayMs: 0 } };
}

const preemptedWords = (before: number) =>
  `worker preempted${before > 0 ? ` ${before + 1} times` : ''}, capacity will return`;

/** The attempt that follows. @param before failures that counted before this one. */
const attemptWords = (before: number, { maxRetriesTransient: most }: Readonly<RetryPolicy>) =>
  `attempt ${before + 2}${Number.isFinite(most) ? ` of ${most + 1}` : ''}`;

function openBreaker(
  recovery: Recovery,
  { batchIdx, inCall, faulty, how }: ShardFailure & { batchIdx: number },
  reason: string,
  { maxRetriesTransient }: Readonly<RetryPolicy>,
): { recovery: Recovery; verdict: Verdict } {
  // A finished isolation makes a checkpoint. Without one, the failures have another cause.
  if (recovery.searches > maxRetriesTransient) {
    const without = `${reason}, and ${recovery.searches} isolations led to no checkpoint`;
    return { recovery, verdict: { action: 'give_up', reason: without, delayMs: 0 } };
  }
  const { whole, rows } = failedCallsOf(recovery, batchIdx);
  // Keep what an earlier isolation of this batch has found.
  const {
    poisoned = [],
    failures = rows,
    hangs = how === 'hung',
  } = recovery.isolation?.batchIdx === batchIdx ? recovery.isolation : {};
  const begun = startIsolation(batchIdx, whole, {
    poisoned,
    failures,
    alone: [...(faulty ?? (inCall?.length === 1 ? inCall : []))],
    // Part of a batch is embedded only if memory is short.
    ...(inCall ? { suspects: [...inCall], most: inCall.length } : {}),
  });
  const isolation = hangs ? { ...begun, hangs } : begun;
  return {
    recovery: { ...recovery, searches: recovery.searches + 1, isolation },
    verdict: { action: 'isolate', reason, delayMs: 0 },
  };
}

/** The record after a checkpoint: failures before it no longer count, and the budget climbs. */
export function afterCheckpoint(
  before: Readonly<Recovery>,
  endBatch: number | undefined,
  { maxRetriesTransient }: Readonly<RetryPolicy>,
): Recovery {
  const done = (batch: number) => endBatch !== undefined && batch < endBatch;
  const undone = <T>(ofBatches: Record<string, T>) =>
    Object.fromEntries(Object.entries(ofBatches).filter(([batch]) => !done(Number(batch))));
  const { isolation, halvings } = before;
  return {
    ...before,
    failures: Object.fromEntries(Object.entries(before.failures).filter(([kind]) => isEndless(kind))),
    strikes: undone(before.strikes),
    deaths: {},
    failedCalls: undone(before.failedCalls),
    searches: 0,
    kills: 0,
    halvings: halvings === null ? maxRetriesTransient : Math.max(0, halvings - 1),
    isolation: isolation !== null && done(isolation.batchIdx) ? null : isolation,
  };
}

const isEndless = (kind: string) => FAILURE_KINDS[kind as ErrorKind]?.budget === 'endless';

/** Calls that must succeed before the budget is doubled. */
export const climbAfter = ({ outOfMemory }: Readonly<Recovery>, policy: Readonly<RetryPolicy>): number =>
  policy.climbAfter * 4 ** Math.min(Math.max(outOfMemory - 1, 0), 6);
