export type { Checksums } from './container.js';
export { type PtErrorCode, type PtErrorPlace, PtFormatError } from './format-error.js';
export { combineCrc32, crc32, fastCrc32 } from './io/checksum.js';
export type { Sink } from './io/sink.js';
export type { PtLimits } from './limits.js';
export { type FoundTensor, type OpenOptions, openPt, PtFile } from './open.js';
export type { Protocol } from './pickle/pickle-emitter.js';
export { float32Of, type TypedArray } from './tensors/arrays.js';
export type { DType } from './tensors/dtypes.js';
export { LazyTensor } from './tensors/lazy-tensor.js';
export { NumpyStrings } from './tensors/numpy-strings.js';
export {
  PtStorage,
  PtTensor,
  type PtValue,
  storage,
  type TensorData,
  type TensorOptions,
  tensor,
} from './tensors/pt-value.js';
export type { TensorFacts } from './tensors/tensor-facts.js';
export {
  NumpyScalar,
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  PtOpaque,
  PtOrderedDict,
  PtTuple,
  tuple,
} from './values.js';
export { encodePt, type WriteOptions, type WrittenPt, writePt } from './write.js';
export type { ChecksInOrder } from './zip/checks-in-order.js';
