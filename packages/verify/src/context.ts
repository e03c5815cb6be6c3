import type { SequenceIndex, Shard } from '@holdfast/plan';
import type { Layout, ResultRecord, RunRecord } from '@holdfast/run-folder';

/** How far a check has come: bytes, checkpoints or rows, as `of` says. */
export interface VerifyProgress {
  /** What is being checked. */
  what: 'the index' | 'checkpoints' | 'the result' | 'rows';
  done: number;
  total: number;
}

/** What every check gets. */
export interface Context {
  place: Layout;
  /** Only sizes, markers and small records. */
  quick: boolean;
  signal: AbortSignal;
  onProgress(progress: VerifyProgress): void;
}

/** A run whose record is known. */
export interface KnownRun {
  record: RunRecord;
  /** Null if it is damaged, or of a version that this one does not read. */
  index: SequenceIndex | null;
  /** The shards of the plan; empty without an index. */
  shards: readonly Shard[];
  /** The record of the result, if there is one and it is this run's. */
  result: ResultRecord | null;
  /** Numbers in a row; null if nothing says. */
  dim: number | null;
}
