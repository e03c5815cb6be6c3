import type { ErrorKind } from './failure-kinds.js';
import { type Isolation, POISON_KINDS } from './isolation.js';

/** Failed model calls on a batch: of the whole batch, and of parts of it by row. */
export interface FailedCalls {
  whole: number;
  rows: number[];
}

/** A shard's failures so far. Plain JSON: it is recorded, so a restarted coordinator goes on counting. */
export interface Recovery {
  /** Failures by kind; `oom` and `transient` count since the shard last made progress. */
  failures: Partial<Record<ErrorKind, number>>;
  /** Failures of unfinished batches, by batch number; -1 if the batch is unknown. */
  strikes: Record<string, number>;
  /** Workers that crashed or hung since the shard last made progress, by batch number. */
  deaths: Record<string, number>;
  /** Failed model calls on unfinished batches, by batch number. */
  failedCalls: Record<string, FailedCalls>;
  /** How often the token budget is halved; null: one sequence a call. */
  halvings: number | null;
  /** Out-of-memory failures; each makes the budget climb more slowly. */
  outOfMemory: number;
  /** Isolations begun since the shard last made progress. */
  searches: number;
  /** Workers killed from outside since the shard last made progress. */
  kills: number;
  /** The isolation under way, if any. */
  isolation: Isolation | null;
}

/** The record of a shard that never failed. */
export const noFailures = (): Recovery => ({
  failures: {},
  strikes: {},
  deaths: {},
  failedCalls: {},
  halvings: 0,
  outOfMemory: 0,
  searches: 0,
  kills: 0,
  isolation: null,
});

/**
 * A stored record, or null if it is invalid: counting then restarts, which costs a few attempts and no row.
 */
export function asRecovery(kept: unknown): Recovery | null {
  if (!isRecord(kept)) return null;
  // Older versions stored neither calls nor kills.
  const { failures, strikes, deaths, failedCalls = {}, kills = 0, ...others } = kept;
  const { halvings, outOfMemory, searches, isolation } = others;
  if (!isCounts(failures) || !isCounts(strikes) || !isCounts(deaths)) return null;
  if (!isRecord(failedCalls) || !Object.values(failedCalls).every(areCalls)) return null;
  if (![outOfMemory, searches, kills].every(isCount)) return null;
  if (halvings !== null && !isCount(halvings)) return null;
  if (isolation !== null && !isIsolation(isolation)) return null;
  const counts = { outOfMemory, searches, kills } as Pick<Recovery, 'outOfMemory' | 'searches' | 'kills'>;
  const calls = failedCalls as Recovery['failedCalls'];
  return { failures, strikes, deaths, failedCalls: calls, halvings, ...counts, isolation };
}

function isIsolation(value: unknown): value is Isolation {
  if (!isRecord(value)) return false;
  const { batchIdx, strikes, suspects, alone, most, poisoned, failures, failed } = value;
  const { fragile, hangs, slowControls = 0 } = value;
  return (
    [batchIdx, strikes, failed, slowControls].every(isCount) &&
    [fragile, hangs].every((flag) => flag === undefined || typeof flag === 'boolean') &&
    (suspects === null || areCounts(suspects)) &&
    areCounts(alone) &&
    (most === null || isCount(most)) &&
    areCounts(failures) &&
    Array.isArray(poisoned) &&
    poisoned.every(
      (row) =>
        isRecord(row) &&
        isCount(row['row']) &&
        isCount(row['attempts']) &&
        (POISON_KINDS as readonly unknown[]).includes(row['kind']) &&
        typeof row['error'] === 'string',
    )
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
const areCalls = (value: unknown): value is FailedCalls =>
  isRecord(value) && isCount(value['whole']) && areCounts(value['rows']);
const isCounts = (value: unknown): value is Record<string, number> =>
  isRecord(value) && Object.values(value).every(isCount);
