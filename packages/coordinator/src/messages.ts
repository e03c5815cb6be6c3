import type { StopSignal } from '@holdfast/process';
import type { Isolation, PoisonKind } from './failures/isolation.js';

/** How much of the token budget a model call may use. */
export interface BudgetShare {
  /** How often the whole budget is halved to get a call's limit; null: one sequence a call. */
  halvings: number | null;
  /** Calls that must succeed before the share is doubled. */
  climbAfter: number;
}

/** Messages from the coordinator to a worker. */
export type ToWorker =
  | {
      type: 'assign';
      shard: number;
      attempt: number;
      /** Absent: the whole budget. */
      budget?: BudgetShare;
      /** The isolation to go on with in one batch; absent: none. */
      isolation?: Isolation;
      /** The fencing token of the claim to the shard, if a source handed it out. */
      claim?: string;
    }
  /** No work is left: exit with code 0. */
  | { type: 'finish' }
  /** Save finished rows and exit with code 128 + the signal's number. */
  | { type: 'stop'; signal: StopSignal };

/** Messages from a worker to the coordinator. */
export type FromWorker =
  /** The model is loaded. */
  | { type: 'ready' }
  /**
   * Sequences of the shard that earlier attempts finished, quarantined ones included. `quarantined`: those
   * that the model refused.
   */
  | { type: 'resumed'; shard: number; sequences: number; quarantined?: number; nextBatch?: number }
  /** Sequences embedded since the last such message. `nextBatch`: the batch to blame if the worker dies. */
  | { type: 'progress'; shard: number; sequences: number; nextBatch?: number }
  /** Progress other than a batch, such as reading a large checkpoint. */
  | { type: 'heartbeat' /** Its next step, while starting. */; stage?: string }
  /** These rows of a batch are about to be embedded. `isolation`: its current state, if one is under way. */
  | { type: 'calling'; shard: number; batchIdx: number; rows: number[]; isolation?: Isolation }
  /**
   * A control is about to be embedded: plain residues as long as these rows of the batch. If it makes no
   * progress, the stall limit is too short for them.
   */
  | { type: 'control'; shard: number; batchIdx: number; rows: number[]; isolation?: Isolation }
  /**
   * The call on the rows or the control returned, embedded or not; they are not to blame if the worker dies
   * now.
   */
  | { type: 'returned'; shard: number }
  /** A sequence was found at fault; this is durable with the next checkpoint. */
  | { type: 'quarantined'; shard: number; sequence: QuarantinedSequence }
  /**
   * A checkpoint is durable. `checkpoint`: its number; `endBatch`: the first batch not yet in a checkpoint.
   */
  | {
      type: 'checkpoint';
      shard: number;
      checkpoint: number;
      sequences: number;
      file: string;
      reason: string;
      endBatch?: number;
    }
  /** The disk is full: writes of the shard wait for room. Heartbeats follow. */
  | { type: 'disk_full'; shard: number; message: string }
  /** There is room again: they are done. */
  | { type: 'disk_room'; shard: number }
  | { type: 'complete'; shard: number }
  /** The shard's claim is another's now; this worker has stopped its work on it, and waits for another shard. */
  | { type: 'lost'; shard: number; message: string }
  /**
   * The worker is about to exit because of this. `error` is a short code: `cuda_oom`, `cuda_runtime` (the
   * model fails on the batch), `non_finite`, `unfit_device` (the device fails on known-good input, so the
   * batch is not blamed), `lost_device` (the same, since a failure during an isolation), `unworkable` (no worker
   * could go on with this work, so the run ends), or anything else, such as a system error code.
   */
  | {
      type: 'failed';
      shard?: number;
      batchIdx?: number;
      error: string;
      message: string;
      /** Rows of the batch known to be at fault, such as those with NaN. */
      faulty?: number[];
    };

/** A sequence without a row in the result. */
export interface QuarantinedSequence {
  id: string;
  /** Its place in the input. */
  ordinal: number;
  kind: PoisonKind;
  /** Failed model calls that contained it. */
  attempts: number;
  error: string;
}
