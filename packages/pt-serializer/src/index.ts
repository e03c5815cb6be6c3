export type { DType } from './dtypes.js';
export { type PtErrorCode, type PtErrorPlace, PtFormatError } from './format-error.js';
export { LazyTensor, type TensorFacts } from './lazy-tensor.js';
export { type OpenOptions, openPt, PtFile } from './open.js';
export { PtTensor, type PtValue, type TensorData, tensor } from './pt-value.js';
export { encodePt, type WriteOptions, writePt } from './write.js';
export type { Sink } from './zip-writer.js';
