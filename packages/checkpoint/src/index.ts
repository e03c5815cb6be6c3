export { CheckpointWriteError, CheckpointWritesError } from './errors.js';
export { FLOAT16_MAX, type Float16Loss } from './float16.js';
export {
  type ClaimFolder,
  checkpointIndex,
  checkpointName,
  claimFolderName,
  claimOfFolder,
  markerPath,
} from './names.js';
export { formatMarker, type Marker, parseMarker } from './read/marker.js';
export { type Checkpoint, InvalidCheckpointError, openCheckpoint, type Verify } from './read/open.js';
export { type ResumeOptions, resumeFromCheckpoints } from './read/resume.js';
export {
  checkpointIndexes,
  type OnCorruption,
  type ReadOptions,
  readShard,
  removeTemporaries,
  type SetAsideOptions,
  type ShardEntry,
  setAside,
  setAsideOne,
} from './read/shard.js';
export { bytesOfNumber, type ValuePlace, type ValueTable } from './read/value-table.js';
export { STORAGE_BOUND, storedNumbers } from './stored-numbers.js';
export { validateCheckpointPt } from './validate.js';
export { validateCheckpointDir } from './validate-checkpoint-dir.js';
export type { DeviceMatrix, Matrix, Metadata, RowValues, StorageType } from './write/parts.js';
export {
  type CheckpointOptions,
  type Written,
  writeCheckpoint,
  writePtDurably,
} from './write/write.js';
export {
  AsyncCheckpointWriter,
  type DurableCheckpoint,
  type FailedWrite,
  type WriterOptions,
} from './write/writer.js';
export { WriterThread } from './write/writer-thread.js';
