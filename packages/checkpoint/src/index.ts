export { CheckpointWriteError, CheckpointWritesError } from './errors.js';
export { formatMarker, type Marker, parseMarker } from './marker.js';
export { checkpointIndex, checkpointName, markerPath } from './names.js';
export { type Checkpoint, InvalidCheckpointError, openCheckpoint, type Verify } from './open.js';
export { type ResumeOptions, resumeFromCheckpoints } from './resume.js';
export { checkpointIndexes, type ReadOptions, readShard, type ShardEntry, setAside } from './shard.js';
export { validateCheckpointPt } from './validate.js';
export { type Matrix, type Metadata, writeCheckpoint, writePtDurably } from './write.js';
export { AsyncCheckpointWriter, type DeviceMatrix, type WriterOptions } from './writer.js';
