/** Signals on which a run stops in order. */
export type StopSignal = 'SIGTERM' | 'SIGINT';

/** What the coordinator says to a worker. */
export type ToWorker =
  | { type: 'assign'; shard: number; attempt: number }
  /** No work is left: end with exit code 0. */
  | { type: 'finish' }
  /** Save what is done and end with exit code 143. */
  | { type: 'stop'; signal: StopSignal };

/** What a worker says to the coordinator. */
export type FromWorker =
  /** The model is loaded. */
  | { type: 'ready' }
  /** Sequences of the shard that earlier attempts finished. */
  | { type: 'resumed'; shard: number; sequences: number }
  /** Sequences embedded since the last such message. */
  | { type: 'progress'; shard: number; sequences: number }
  | { type: 'checkpoint'; shard: number; batchIdx: number; sequences: number; file: string; reason: string }
  | { type: 'complete'; shard: number }
  /** The worker is about to end because of this; `error` is a short code such as `cuda_oom`. */
  | { type: 'failed'; shard?: number; batchIdx?: number; error: string; message: string };
