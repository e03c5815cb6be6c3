import type { Clock } from './clock.js';
import type { CoordinatorEvent } from './events.js';
import type { StopSignal } from './messages.js';
import type { RetryPolicy } from './retry-policy.js';
import type { FailedShard } from './shard-pool.js';
import type { SpawnWorker } from './worker-process.js';

export interface CoordinatorOptions {
  /** Workers at a time at most: one a device slot. */
  slots: number;
  /** Shards to be worked on, each named once. */
  shards: readonly number[];
  spawn: SpawnWorker;
  /** What differs from `DEFAULT_POLICY`. */
  policy?: Partial<RetryPolicy>;
  /** Milliseconds that a worker has to save and end, when stopped, finished or failed. Default 30,000. */
  graceMs?: number;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** Told of everything, in order; must not throw. */
  onEvent?(event: CoordinatorEvent): void;
  /** Told of each shard that is out of retries; `run` waits for it. */
  onShardFailed?(shard: number, message: string): Promise<void>;
}

/** How a run ended. Shards in neither list are as they were: a later run may take them up. */
export interface Outcome {
  completed: number[];
  failed: FailedShard[];
  /** The signal that ended the run, or null. */
  stopped: StopSignal | null;
  /** Why no worker could start, if that ended the run. */
  startupFailure?: string;
}

/** @throws RangeError for options no run can be made of. */
export function checkOptions({ slots, shards, graceMs = 0 }: CoordinatorOptions): void {
  if (!Number.isInteger(slots) || slots < 1) {
    throw new RangeError(`slots must be a whole number, at least 1, not ${slots}`);
  }
  if (new Set(shards).size < shards.length) throw new RangeError('shards: each must be named once only');
  if (!(graceMs >= 0)) throw new RangeError(`graceMs must be milliseconds, at least 0, not ${graceMs}`);
}
