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
export type { ErrorKind } from './failure-kinds.js';
export { type ForkOptions, forkWorkers } from './fork-workers.js';
export type { GroupFailure, Isolation, PoisonedRow, PoisonKind } from './isolation.js';
export type { BudgetShare, FromWorker, QuarantinedSequence, ToWorker } from './messages.js';
export { kernelOomKiller, type OomKiller } from './oom-killer.js';
export type { CoordinatorOptions, Outcome, ShardRecords } from './options.js';
export { OutputLimit, type OutputLimitOptions } from './output-limit.js';
export type { ProcessLook } from './process-look.js';
export type { Recovery } from './recovery.js';
export { DEFAULT_POLICY, type RetryPolicy } from './retry-policy.js';
export type { FailedShard } from './shard-pool.js';
export { ShardReportError } from './shard-report-error.js';
export type { FailureHistory, RetryDecision } from './should-retry.js';

export {
  type StopReason,
  type WorkerChannel,
  type WorkerChannelOptions,
  workerChannel,
} from './worker-channel.js';
export type { SpawnWorker, WorkerListeners, WorkerProcess } from './worker-process.js';
export type { WorkerStatus } from './worker-status.js';
export { WorkerUnreachableError } from './worker-unreachable-error.js';
