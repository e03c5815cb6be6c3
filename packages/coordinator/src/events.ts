import type { StopSignal } from '@holdfast/process';
import type { ErrorKind } from './failures/failure-kinds.js';
import type { FromWorker, QuarantinedSequence } from './messages.js';

type Reported<T extends FromWorker['type']> = { slot: number } & Extract<FromWorker, { type: T }>;

/** What happens in a run, in order. */
export type CoordinatorEvent =
  | { type: 'spawned'; slot: number; pid: number | undefined; attempt: number }
  | { type: 'assigned'; slot: number; shard: number; attempt: number }
  | Reported<'ready'>
  | Reported<'resumed'>
  | Reported<'progress'>
  | Reported<'checkpoint'>
  | Reported<'complete'>
  | Reported<'disk_full'>
  | Reported<'disk_room'>
  /** Another task has taken the shard over; it is no failure. */
  | { type: 'claim_lost'; slot: number; shard: number; message: string }
  /** A group of this many sequences of a batch is embedded separately, to isolate those at fault. */
  | { type: 'isolating'; slot: number; shard: number; batchIdx: number; sequences: number }
  | ({ type: 'quarantined'; slot: number; shard: number } & QuarantinedSequence)
  | { type: 'output'; slot: number; stream: 'stdout' | 'stderr'; line: string }
  | { type: 'exited'; slot: number; exitCode: number | null; signal: string | null }
  | { type: 'failed'; slot: number; shard: number | null; kind: ErrorKind; message: string }
  /** `slotOnly`: the delay is that of the slot, and another slot may take the shard immediately. */
  | { type: 'retry'; shard: number; delayMs: number; reason: string; slotOnly?: true }
  /** The same batch failed too often; an isolation begins. */
  | { type: 'breaker'; shard: number; batchIdx: number; reason: string }
  /** The shard is out of retries on slot `from`; slot `to` takes it over. */
  | { type: 'redistributed'; shard: number; from: number; to: number }
  | { type: 'shard_failed'; shard: number; kind: ErrorKind; message: string }
  /**
   * A worker has been silent for `silentMs`; at `limitMs` it is stopped. `stage`: its current step, while
   * starting.
   */
  | {
      type: 'waiting';
      slot: number;
      shard: number | null;
      stage: string | null;
      silentMs: number;
      limitMs: number;
    }
  /** A worker made no progress for this long. `why`: the reason, unless it may hang. */
  | { type: 'stalled'; slot: number; shard: number | null; silentMs: number; why?: 'stopped' | 'idle' }
  /** The slot gets no more workers. */
  | { type: 'slot_closed'; slot: number; reason: string }
  /** A shard's failures could not be recorded; the next coordinator starts its counts from zero. */
  | { type: 'unrecorded'; shard: number; message: string }
  | { type: 'stopping'; signal: StopSignal }
  | { type: 'killed'; slot: number; reason: string }
  /** No worker is left after a stop. */
  | { type: 'stopped'; signal: StopSignal };
