export { IdIndex } from './id-index.js';
export { type NamedRow, namedRows } from './named-rows.js';
export { openResult, type Result } from './open-result.js';
export type { ResultOutputs } from './result-outputs.js';
export { findRows, rowIds } from './row-ids.js';
export { RowReader } from './row-reader.js';
export { type SequenceLine, sequenceLines } from './sequence-lines.js';
export { bytesOf, type StoredTensor, type StoredTensors, storedTensors } from './stored-tensors.js';
export { type SequenceValues, ValueReader } from './value-reader.js';
