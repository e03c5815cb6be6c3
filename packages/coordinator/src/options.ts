import { array, atLeast, callback, flag, having, object, required, whole } from '@holdfast/options';
import type { StopSignal } from '@holdfast/process';
import type { Clock } from './clock.js';
import type { CoordinatorEvent } from './events.js';
import { policyChanges, type RetryPolicy } from './failures/retry-policy.js';
import type { OomKiller } from './processes/oom-killer.js';
import { type OutputLimitOptions, outputLimitOptions } from './processes/output-limit.js';
import type { SpawnWorker } from './processes/worker-process.js';
import type { FailedShard } from './shards/shard-pool.js';

/** Where the shards' failures are kept from one coordinator to the next; a manifest is one. */
export interface ShardRecords {
  /** What was recorded, by shard. */
  recoveries(): Promise<ReadonlyMap<number, unknown>>;
  /** Records what is known of a shard's failures, as plain JSON; null: nothing any more. */
  recordRecovery(shard: number, recovery: unknown): Promise<void>;
  /** Records that the work of a shard went to the worker whose shard another is or was. */
  recordRedistribution(shard: number, newShard: number): Promise<void>;
}

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
  /** Milliseconds without progress after which a worker counts as hung. Default 600,000. */
  stallMs?: number;
  /** Milliseconds until a worker's first message of any kind, such as a `heartbeat`, if fewer than `startStallMs`. Default: `startStallMs`. */
  startMs?: number;
  /** As `stallMs`, for a worker that is starting; loading a model tells of nothing on the way. Default: `stallMs`. */
  startStallMs?: number;
  /** Milliseconds from SIGTERM to SIGKILL for a worker that hung. Default 10,000. */
  stallGraceMs?: number;
  /** Whether workers search for the rows at fault in a batch when its breaker opens (see `Isolation`). Default false: its shard has failed. */
  isolates?: boolean;
  /** Sequences that the model may refuse; one more ends the run. Default: any number. */
  maxQuarantined?: number;
  /** Sequences that this run may set aside (kinds other than `poison_input`); one more ends it. Default: `maxQuarantined`. */
  maxSetAside?: number;
  /** Sequences that the model refused already, in shards that are not worked on. Default 0. */
  quarantined?: number;
  /** Where failures are kept, so that the next coordinator goes on counting. Default: nowhere. */
  records?: ShardRecords;
  /** Looked at before a failed shard is given out again; false: it has failed for good. A rejection is tried again, as a `transient` failure is. */
  validateShard?(shard: number): Promise<boolean>;
  /** How much of what a worker prints is told. */
  output?: OutputLimitOptions;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** From 0 to below 1, for the jitter. Default: `Math.random`. */
  random?: () => number;
  /** Default: the kernel's. */
  oomKiller?: OomKiller;
  /** Told of everything, in order; must not throw. */
  onEvent?(event: CoordinatorEvent): void;
  /** Told of each shard that is out of retries; `run` waits for it. */
  onShardFailed?(shard: number, message: string): Promise<void>;
}

const milliseconds = atLeast(0, 'milliseconds');

export const coordinatorOptions = object<CoordinatorOptions>({
  slots: required(whole(1)),
  shards: required(array(whole(0), 'whole numbers of at least 0', { distinct: true })),
  spawn: required(callback),
  policy: policyChanges,
  graceMs: milliseconds,
  stallMs: milliseconds,
  startStallMs: milliseconds,
  startMs: milliseconds,
  stallGraceMs: milliseconds,
  isolates: flag,
  maxQuarantined: atLeast(0, 'sequences'),
  maxSetAside: atLeast(0, 'sequences'),
  quarantined: whole(0),
  records: having('an object that keeps records', 'recoveries', 'recordRecovery', 'recordRedistribution'),
  validateShard: callback,
  output: outputLimitOptions,
  clock: having('a clock', 'now', 'sleep'),
  random: callback,
  oomKiller: having('an OOM killer', 'kills'),
  onEvent: callback,
  onShardFailed: callback,
});

/** How a run ended. Shards in neither list are as they were: a later run may take them up. */
export interface Outcome {
  completed: number[];
  failed: FailedShard[];
  /** The signal that ended the run, or null. */
  stopped: StopSignal | null;
  /** Sequences known to be quarantined, if any are: those that the model refused, and those that this run set aside. */
  quarantined?: number;
  /** Of these, those that were only set aside. */
  setAside?: number;
  /** Whether more were refused, or set aside, than may be, which ended the run. */
  tooManyQuarantined?: true;
  /** The stall limit turned out too short, which ended the run: the milliseconds that a worker was silent in a call on plain residues. */
  limitTooShort?: { shard: number; silentMs: number };
  /** Why no worker could start, if that ended the run. */
  startupFailure?: string;
}
