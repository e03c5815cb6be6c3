export type { TypedArray } from './arrays.js';
export { combineCrc32, crc32, fastCrc32 } from './checksum.js';
export type { Checksums } from './container.js';
export type { DType } from './dtypes.js';
export { type PtErrorCode, type PtErrorPlace, PtFormatError } from './format-error.js';
export { LazyTensor } from './lazy-tensor.js';
export type { PtLimits } from './limits.js';
export { type FoundTensor, type OpenOptions, openPt, PtFile } from './open.js';
export type { Protocol } from './pickle-emitter.js';
export {
  PtStorage,
  PtTensor,
  type PtValue,
  storage,
  type TensorData,
  type TensorOptions,
  tensor,
} from './pt-value.js';
export type { Sink } from './sink.js';
export type { TensorFacts } from './tensor-facts.js';
export {
  NumpyScalar,
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  PtOrderedDict,
  PtTuple,
  tuple,
} from './values.js';
export { encodePt, type WriteOptions, type WrittenPt, writePt } from './write.js';
