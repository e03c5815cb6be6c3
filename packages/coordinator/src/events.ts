import type { ErrorKind } from './classify-error.js';
import type { FromWorker, StopSignal } from './messages.js';

type Told<T extends FromWorker['type']> = { slot: number } & Extract<FromWorker, { type: T }>;

/** What happens in a run, in order. */
export type CoordinatorEvent =
  | { type: 'spawned'; slot: number; pid: number | undefined; attempt: number }
  | { type: 'assigned'; slot: number; shard: number; attempt: number }
  | Told<'ready'>
  | Told<'resumed'>
  | Told<'progress'>
  | Told<'checkpoint'>
  | Told<'complete'>
  | { type: 'output'; slot: number; stream: 'stdout' | 'stderr'; line: string }
  | { type: 'exited'; slot: number; exitcode: number | null; signal: string | null }
  | { type: 'failed'; slot: number; shard: number | null; kind: ErrorKind; message: string }
  | { type: 'retry'; shard: number; delayMs: number; reason: string }
  | { type: 'shard_failed'; shard: number; kind: ErrorKind; message: string }
  | { type: 'stopping'; signal: StopSignal }
  | { type: 'killed'; slot: number; reason: string };
