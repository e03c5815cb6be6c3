import type { Shard } from '@holdfast/plan';
import type { Quarantined } from './quarantined.js';

/** A checkpoint that is whole and, if the plan is known, in its place. */
export interface FoundCheckpoint {
  number: number;
  /** Null if it was not opened. */
  rows: number | null;
  /** The positions that it covers; none if it holds rows of reattempted sequences. */
  first: number;
  end: number;
  retried: boolean;
}

/** What a shard's folder holds. */
export interface ShardStanding {
  shard: number;
  /** Null without an index. */
  plan: Shard | null;
  /** In order, also those behind a fault. */
  found: FoundCheckpoint[];
  /** The first number at fault: a run computes this one and all behind it again. Null if none is. */
  wrong: number | null;
  /** Positions from the shard's first to before this one are in whole checkpoints in front of any fault. */
  covered: number;
  /** Whether every batch is in one. */
  done: boolean;
  /** Sequences without a row. */
  quarantined: readonly Quarantined[];
  /** Whether there are rows of reattempted sequences. */
  retried: boolean;
  /** Numbers behind the last marker whose `.pt` has none: a writer is at work on them, or was killed. */
  unfinished: readonly number[];
  /** Temporary files. */
  temporaries: number;
}

/** Sequences of a shard that a run computes again, or for the first time. */
export const remaining = ({ plan, covered }: ShardStanding): number =>
  plan === null ? 0 : plan.endPosition - covered;
