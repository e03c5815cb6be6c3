import type { Phase } from './heartbeat.js';
import type { ShardStatus } from './judge/count-shards.js';
import type { Incident, QuarantinedEntry } from './judge/log-findings.js';
import type { TaskBeat } from './task-beat.js';
import type { WorkerState } from './worker-states.js';

/**
 * How a folder stands. `none`: no run is there. `planning`: a command reads the input of a new run. `replacing`: a
 * `--force-restart` has not yet replaced the run. `stopped`: the run is not complete, and no command works on it. `failed`: so,
 * and shards are out of retries. `damaged`: a file that says how it stands is not as it was written.
 * Of a run on several machines, while nothing works on it: `planned`: no task has begun. `computed`: all shards are computed, and
 * not joined to the result.
 */
export type State =
  | 'none'
  | 'planning'
  | 'planned'
  | 'running'
  | 'replacing'
  | 'stopped'
  | 'failed'
  | 'computed'
  | 'complete'
  | 'damaged';

/** What `holdfast status --json` prints. Times are ISO 8601; what is unknown is null. */
export interface Status {
  format: 1;
  /** The folder, as it was named. */
  dir: string;
  /** When this was read. */
  at: string;
  state: State;
  /** Why it is in this state, where that is not plain. */
  reason: string | null;
  /** The command that works there, or did last. */
  command: CommandStatus | null;
  /** What the command is at; null if none works, or it is not known. */
  phase: Phase | null;
  doing: string | null;
  /** How far the input was read, while it is planned. */
  input: { file: string; bytes: number; sequences: number } | null;
  /** In checkpoints. */
  sequences_done: number | null;
  /** Embedded, saved or not yet; without a live command the same as `sequences_done`. */
  sequences_embedded: number | null;
  /** When that was counted; null if nothing embeds now, or it is not known. */
  embedded_at: string | null;
  /** The distinct ones. */
  sequences_total: number | null;
  /** Others that are copies of these, and get the same rows without being computed again. */
  sequences_copies: number | null;
  tokens_per_second: number | null;
  seconds_left: number | null;
  last_checkpoint_at: string | null;
  seconds_since_checkpoint: number | null;
  workers: WorkerState[];
  /** Of a run that was planned for several machines. */
  cluster: ClusterStatus | null;
  shards: ShardStatus[];
  /** Failures since the command began. */
  failures: FailureStatus;
  quarantined: QuarantineStatus;
  /** The complete result. */
  result: ResultStatus | null;
  /** What could not be read, and so is missing here. */
  notes: string[];
  /** What to do next, in words and, if there is one, the command. */
  next: { text: string; command: string | null };
}

export interface CommandStatus {
  /** Null: its locks cannot be seen from this machine, and its last sign of life is old. */
  running: boolean | null;
  /** By what that is known. */
  known_by: 'lock' | 'process' | 'sign_of_life';
  host: string | null;
  pid: number | null;
  since: string | null;
  /** When it last wrote anything. */
  last_seen_at: string | null;
  /** Why it ended, if it could say so. */
  ended: string | null;
  /** Whether workers of it still save and exit. */
  workers_alive: boolean;
}

export interface ClusterStatus {
  /** Whether its jobs were submitted by `holdfast submit`. */
  submitted: boolean;
  /** Seconds of silence after which other tasks take over the shards of one. */
  lease_seconds: number | null;
  /** The newest beat first. */
  tasks: TaskStatus[];
}

/**
 * What a task does. `working`: its last beat is newer than the lease. `silent`: it is older, so the task may be cut off, or dead.
 * `killed`: it is gone, and did not say how it ended.
 */
export interface TaskStatus extends Omit<TaskBeat, 'format' | 'run' | 'at'> {
  state: 'working' | 'silent' | 'killed' | 'ended';
  /** By the file system's clock. */
  last_beat_at: string;
  silent_seconds: number;
}

export interface FailureStatus {
  failures: number;
  retries: number;
  /** Whether the logs are longer than what was read of them, so there may be more. */
  at_least: boolean;
  /** The newest, oldest first. */
  newest: Incident[];
}

export interface QuarantineStatus {
  sequences: number;
  /** Whether the logs are longer than what was read of them, so there may be more. */
  at_least: boolean;
  kinds: Record<string, number>;
  /** The first of them. */
  first: QuarantinedEntry[];
  /** The table that lists all of them. */
  table: string | null;
}

export interface ResultStatus {
  /** Rows, and numbers in each. */
  sequences: number;
  dim: number;
  /** Paths. */
  files: string[];
  /** What was changed, left out or is odd, in words. */
  warnings: string[];
}
