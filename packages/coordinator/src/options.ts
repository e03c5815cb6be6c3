import { array, atLeast, callback, flag, having, object, required, whole } from '@holdfast/options';
import type { StopSignal } from '@holdfast/process';
import type { Clock } from './clock.js';
import type { CoordinatorEvent } from './events.js';
import { policyChanges, type RetryPolicy } from './failures/retry-policy.js';
import type { OomKiller } from './processes/oom-killer.js';
import { type OutputLimitOptions, outputLimitOptions } from './processes/output-limit.js';
import type { SpawnWorker } from './processes/worker-process.js';
import type { ShardSource } from './shards/shard-feed.js';
import type { FailedShard } from './shards/shard-pool.js';

/** Keeps the shards' failures from one coordinator to the next, as a manifest does. */
export interface ShardRecords {
  /** The records, by shard. */
  recoveries(): Promise<ReadonlyMap<number, unknown>>;
  /** Records a shard's failures as plain JSON; null removes the record. */
  recordRecovery(shard: number, recovery: unknown): Promise<void>;
  /** Records that a shard went to the worker that has, or last had, `newShard`. */
  recordRedistribution(shard: number, newShard: number): Promise<void>;
}

export interface CoordinatorOptions {
  /** Most workers at a time: one per device slot. */
  slots: number;
  /** Shards to work on, without duplicates. */
  shards: readonly number[];
  /** Hands out more shards, one whenever a worker has nothing to do. Default: `shards` are all. */
  source?: ShardSource;
  spawn: SpawnWorker;
  /** Changes to `DEFAULT_POLICY`. */
  policy?: Partial<RetryPolicy>;
  /** Milliseconds a worker gets to save and exit when stopped, finished or failed. Default 30,000. */
  graceMs?: number;
  /** Milliseconds without progress after which a worker counts as hung. Default 600,000. */
  stallMs?: number;
  /**
   * Milliseconds until a worker's first message of any kind, such as a `heartbeat`, if less than
   * `startStallMs`. Default: `startStallMs`.
   */
  startMs?: number;
  /** As `stallMs`, for a starting worker; loading a model reports no progress. Default: `stallMs`. */
  startStallMs?: number;
  /** Milliseconds from SIGTERM to SIGKILL for a worker that hung. Default 10,000. */
  stallGraceMs?: number;
  /**
   * Whether workers isolate the rows at fault in a batch when its breaker opens (see `Isolation`). Default
   * false: the shard has failed.
   */
  isolates?: boolean;
  /** Sequences that the model may refuse; one more ends the run. Default: any number. */
  maxQuarantined?: number;
  /**
   * Sequences this run may set aside (kinds but `poison_input`); one more ends it. Default: `maxQuarantined`.
   */
  maxSetAside?: number;
  /** Sequences that the model already refused, in shards not worked on. Default 0. */
  quarantined?: number;
  /** Keeps failures for the next coordinator, which goes on counting. Default: not kept. */
  records?: ShardRecords;
  /**
   * Called before a failed shard is assigned again; false: it has failed for good. A rejection is retried
   * like a `transient` failure.
   */
  validateShard?(shard: number): Promise<boolean>;
  /** How much of a worker's output is reported. */
  output?: OutputLimitOptions;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** From 0 to below 1, for the jitter. Default: `Math.random`. */
  random?: () => number;
  /** Default: the kernel's. */
  oomKiller?: OomKiller;
  /** Receives every event, in order; must not throw. */
  onEvent?(event: CoordinatorEvent): void;
  /** Called for each shard that is out of retries; `run` waits for it. */
  onShardFailed?(shard: number, message: string): Promise<void>;
}

const milliseconds = atLeast(0, 'milliseconds');

export const coordinatorOptions = object<CoordinatorOptions>({
  slots: required(whole(1)),
  shards: required(array(whole(0), 'whole numbers of at least 0', { distinct: true })),
  source: having('a source of shards', 'next'),
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

/** How a run ended. Shards in neither list are unchanged; a later run may take them up. */
export interface Outcome {
  completed: number[];
  failed: FailedShard[];
  /** The signal that ended the run, or null. */
  stopped: StopSignal | null;
  /**
   * Sequences known to be quarantined, if any: those that the model refused and those that this run set
   * aside.
   */
  quarantined?: number;
  /** How many of these were only set aside. */
  setAside?: number;
  /** Whether the run ended because too many were refused or set aside. */
  tooManyQuarantined?: true;
  /**
   * The run ended because the stall limit is too short: milliseconds for which a worker was silent in a call
   * on plain residues.
   */
  limitTooShort?: { shard: number; silentMs: number };
  /** What a worker that failed with `unworkable` said; it ended the run. */
  unworkable?: string;
  /** Why no worker could start, if that ended the run. */
  startupFailure?: string;
}
