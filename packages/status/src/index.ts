export { type Heartbeat, type Phase, parseHeartbeat } from './heartbeat.js';
export { type History, historyOf, type SavedRows } from './history.js';
export type { CommandSpan } from './judge/commands-of.js';
export type { ShardStatus } from './judge/count-shards.js';
export { isOrdinaryEnd, kindWords, retryWords } from './judge/incident-words.js';
export type { Incident, QuarantinedEntry } from './judge/log-findings.js';
export { type ManifestLook, readManifest } from './read/read-manifest.js';
export { ShardStarts } from './read/shard-starts.js';
export { type Screen, type StatusOptions, showStatus, statusOf } from './show-status.js';
export type {
  ClusterStatus,
  CommandStatus,
  FailureStatus,
  QuarantineStatus,
  ResultStatus,
  State,
  Status,
  TaskStatus,
} from './status.js';
export { parseTaskBeat, type TaskBeat } from './task-beat.js';
export { type Begun, type Embedded, embeddedIn, type Throughput, throughputOf } from './throughput.js';
export { type WorkerDoing, type WorkerEvent, type WorkerState, WorkerStates } from './worker-states.js';
