export { ManifestCorruptError, ManifestUpdateError } from './errors.js';
export { FileLock, type FileLockOptions } from './file-lock.js';
export { LockTimeoutError } from './lock-timeout-error.js';
export { CheckpointManifest, type Lock, type ManifestOptions } from './manifest.js';
export type { GlobalProgress } from './progress.js';
export type { CheckpointEntry, ManifestState, ShardState, ShardStatus } from './schema.js';
export type { RecordedCheckpoint } from './transitions.js';
