export { CheckpointWriteError, CheckpointWritesError } from './errors.js';
export { FLOAT16_MAX, type Float16Loss } from './float16.js';
export { formatMarker, type Marker, parseMarker } from './marker.js';
export { checkpointIndex, checkpointName, markerPath } from './names.js';
export { type Checkpoint, InvalidCheckpointError, openCheckpoint, type Verify } from './open.js';
export type { DeviceMatrix, Matrix, Metadata, StorageType } from './parts.js';
export { type ResumeOptions, resumeFromCheckpoints } from './resume.js';
export {
  checkpointIndexes,
  type OnCorruption,
  type ReadOptions,
  readShard,
  removeTemporaries,
  type ShardEntry,
  setAside,
  setAsideOne,
} from './shard.js';
export { validateCheckpointPt } from './validate.js';
export { validateCheckpointDir } from './validate-checkpoint-dir.js';
export {
  type CheckpointOptions,
  type Written,
  writeCheckpoint,
  writePtDurably,
} from './write.js';
export {
  AsyncCheckpointWriter,
  type DurableCheckpoint,
  type WriterOptions,
} from './writer.js';
export { WriterThread } from './writer-thread.js';
