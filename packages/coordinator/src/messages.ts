import type { StopSignal } from '@holdfast/process';
import type { Isolation, PoisonKind } from './failures/isolation.js';

/** How much of the token budget a model call may use. */
export interface BudgetShare {
  /** A call has at most 2 to the power of minus this of the whole budget; null: one sequence. */
  halvings: number | null;
  /** Calls that must have gone well before the share is doubled. */
  climbAfter: number;
}

/** What the coordinator says to a worker. */
export type ToWorker =
  | {
      type: 'assign';
      shard: number;
      attempt: number;
      /** Absent: the whole budget. */
      budget?: BudgetShare;
      /** The batch in which rows at fault are to be found, and how far that is; absent: none. */
      isolation?: Isolation;
    }
  /** No work is left: end with exit code 0. */
  | { type: 'finish' }
  /** Save what is done and exit with 128 and the signal's number. */
  | { type: 'stop'; signal: StopSignal };

/** What a worker says to the coordinator. */
export type FromWorker =
  /** The model is loaded. */
  | { type: 'ready' }
  /**
   * Sequences of the shard that earlier attempts finished, those that are quarantined among them. `quarantined`: those that
   * the model refused.
   */
  | { type: 'resumed'; shard: number; sequences: number; quarantined?: number; nextBatch?: number }
  /** Sequences embedded since the last such message. `nextBatch`: to be blamed if the worker dies. */
  | { type: 'progress'; shard: number; sequences: number; nextBatch?: number }
  /** Something went forward that is no batch, such as the reading of a large checkpoint. */
  | { type: 'heartbeat' /** What it does next, while it starts. */; stage?: string }
  /** A part of a batch is about to be embedded: these of its rows. `isolation`: as it stands, if it is a search. */
  | { type: 'calling'; shard: number; batchIdx: number; rows: number[]; isolation?: Isolation }
  /**
   * A control is about to be embedded: plain residues as long as these rows of the batch. If it makes no progress, the stall
   * limit is too short for them.
   */
  | { type: 'control'; shard: number; batchIdx: number; rows: number[]; isolation?: Isolation }
  /** The part, or the control, has come back, embedded or not: what ends the worker now is not its fault. */
  | { type: 'returned'; shard: number }
  /** A sequence was found at fault; it lasts with the next checkpoint. */
  | { type: 'quarantined'; shard: number; sequence: QuarantinedSequence }
  /** A checkpoint lasts. `batchIdx`: its own number; `endBatch`: the first batch that is in none yet. */
  | {
      type: 'checkpoint';
      shard: number;
      checkpoint: number;
      sequences: number;
      file: string;
      reason: string;
      endBatch?: number;
    }
  | { type: 'complete'; shard: number }
  /**
   * The worker is about to end because of this; `error` is a short code: `cuda_oom`, `cuda_runtime` (the model fails on the
   * batch), `non_finite`, `unfit_device` (it fails on what is known to be good, so that nothing is held against the batch),
   * `lost_device` (so it does since something failed in a search), or anything else, such as a system's error code.
   */
  | {
      type: 'failed';
      shard?: number;
      batchIdx?: number;
      error: string;
      message: string;
      /** Rows of the batch that are known to be at fault, as those of NaN. */
      faulty?: number[];
    };

/** A sequence that is left out of the result. */
export interface QuarantinedSequence {
  id: string;
  /** Its place in the input. */
  ordinal: number;
  kind: PoisonKind;
  /** Model calls that failed with it. */
  attempts: number;
  error: string;
}
