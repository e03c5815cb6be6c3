export { CallBudget } from './call-budget.js';
export {
  classifyError,
  deviceLost,
  groupFailed,
  groupPassed,
  nextGroup,
  shouldRetryWorker,
  startIsolation,
} from './checked.js';
export { type Clock, systemClock } from './clock.js';
export { Coordinator } from './coordinator.js';
export type { CoordinatorEvent } from './events.js';
export type { ErrorKind } from './failures/failure-kinds.js';
export {
  type GroupFailure,
  type Isolation,
  POISON_KINDS,
  type PoisonedRow,
  type PoisonKind,
} from './failures/isolation.js';
export type { Recovery } from './failures/recovery.js';
export { DEFAULT_POLICY, type RetryPolicy } from './failures/retry-policy.js';
export type { FailureHistory, RetryDecision } from './failures/should-retry.js';
export type { BudgetShare, FromWorker, QuarantinedSequence, ToWorker } from './messages.js';
export type { CoordinatorOptions, Outcome, ShardRecords } from './options.js';
export { type ForkOptions, forkWorkers } from './processes/fork-workers.js';
export { kernelOomKiller, type OomKiller } from './processes/oom-killer.js';
export { OutputLimit, type OutputLimitOptions } from './processes/output-limit.js';
export type { ProcessLook } from './processes/process-look.js';
export {
  type StopReason,
  type WorkerChannel,
  type WorkerChannelOptions,
  workerChannel,
} from './processes/worker-channel.js';
export type { SpawnWorker, WorkerListeners, WorkerProcess } from './processes/worker-process.js';
export { WorkerUnreachableError } from './processes/worker-unreachable-error.js';
export { type PlannedWork, Progress, type ProgressFacts } from './progress/progress.js';
export { type CountChange, ShardCounts } from './progress/shard-counts.js';
export { STILL_STARTING } from './scheduler.js';
export type { ShardSource, SourcedShard } from './shards/shard-feed.js';
export type { FailedShard } from './shards/shard-pool.js';
export { ShardReportError } from './shards/shard-report-error.js';
export type { WorkerStatus } from './workers/worker-status.js';
