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
  /** So many sequences of a batch are tried by themselves, to find those at fault. */
  | { type: 'isolating'; slot: number; shard: number; batchIdx: number; sequences: number }
  | ({ type: 'quarantined'; slot: number; shard: number } & QuarantinedSequence)
  | { type: 'output'; slot: number; stream: 'stdout' | 'stderr'; line: string }
  | { type: 'exited'; slot: number; exitCode: number | null; signal: string | null }
  | { type: 'failed'; slot: number; shard: number | null; kind: ErrorKind; message: string }
  | { type: 'retry'; shard: number; delayMs: number; reason: string }
  /** The same batch failed too often: the sequences at fault are searched for. */
  | { type: 'breaker'; shard: number; batchIdx: number; reason: string }
  /** Another slot has the shard with which this one is out of retries. */
  | { type: 'redistributed'; shard: number; from: number; to: number }
  | { type: 'shard_failed'; shard: number; kind: ErrorKind; message: string }
  /** A worker has given no sign for so long, and is given up at the limit; `stage`: what it does, while it starts. */
  | {
      type: 'waiting';
      slot: number;
      shard: number | null;
      stage: string | null;
      silentMs: number;
      limitMs: number;
    }
  /** A worker made no progress for this long. `why` is absent where it computed, and so may hang. */
  | { type: 'stalled'; slot: number; shard: number | null; silentMs: number; why?: 'stopped' | 'idle' }
  /** No worker is started in the slot any more. */
  | { type: 'slot_closed'; slot: number; reason: string }
  /** What is known of a shard's failures could not be recorded: the next coordinator counts anew. */
  | { type: 'unrecorded'; shard: number; message: string }
  | { type: 'stopping'; signal: StopSignal }
  | { type: 'killed'; slot: number; reason: string }
  /** No worker is left after a stop. */
  | { type: 'stopped'; signal: StopSignal };
