import type { ErrorKind } from './failure-kinds.js';
import { type Isolation, POISON_KINDS } from './isolation.js';

/** Model calls on a batch that failed. */
export interface FailedCalls {
  whole: number;
  rows: number[];
}

/** What is known of a shard's failures. Plain JSON, to be kept, so that a coordinator that is started again goes on counting. */
export interface Recovery {
  /** Failures by kind; those of `oom` and `transient` since the shard last went forward. */
  failures: Partial<Record<ErrorKind, number>>;
  /** Failures of batches that are not done yet, by their number; -1 for those of no known batch. */
  strikes: Record<string, number>;
  /** Workers that crashed or hung since the shard last went forward, by batch. */
  deaths: Record<string, number>;
  /** Model calls that failed, of batches that are not done yet: those of the whole batch, and those of parts of it by row. */
  failedCalls: Record<string, FailedCalls>;
  /** How often the token budget is halved; null: one sequence in a call. */
  halvings: number | null;
  /** Failures for want of memory, which make the budget climb more slowly. */
  outOfMemory: number;
  /** Searches that were begun since the shard last went forward. */
  searches: number;
  /** Workers that somebody outside killed since the shard last went forward. */
  kills: number;
  /** The search for the rows at fault in a batch, while there is one. */
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

/** A kept record, or null when it is none: then the counting begins anew, which costs some more tries and no row. */
export function asRecovery(kept: unknown): Recovery | null {
  if (!isRecord(kept)) return null;
  // Older versions kept neither calls nor kills.
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
