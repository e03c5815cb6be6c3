import { oneOf } from '@holdfast/options';

/** Element types of a tensor, by PyTorch's names. */
export type DType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'complex64'
  | 'complex128';

interface DTypeFacts {
  /** Bytes of one element. */
  bytes: number;
  /** Bytes of the unit that is swapped for the other byte order (half an element if complex). */
  swap: number;
  /** Its storage class; null for types that PyTorch stores in an UntypedStorage. */
  storage: string | null;
}

const facts = (bytes: number, storage: string | null, swap = bytes): DTypeFacts => ({ bytes, swap, storage });

export const DTYPES: Readonly<Record<DType, DTypeFacts>> = {
  float64: facts(8, 'DoubleStorage'),
  float32: facts(4, 'FloatStorage'),
  float16: facts(2, 'HalfStorage'),
  bfloat16: facts(2, 'BFloat16Storage'),
  int64: facts(8, 'LongStorage'),
  int32: facts(4, 'IntStorage'),
  int16: facts(2, 'ShortStorage'),
  int8: facts(1, 'CharStorage'),
  uint8: facts(1, 'ByteStorage'),
  uint16: facts(2, null),
  uint32: facts(4, null),
  uint64: facts(8, null),
  bool: facts(1, 'BoolStorage'),
  complex64: facts(8, 'ComplexFloatStorage', 4),
  complex128: facts(16, 'ComplexDoubleStorage', 8),
};

export const isDTypeName = oneOf(Object.keys(DTYPES));

/** Whether a name is an element type. */
export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(DTYPES, name);
}

/** The element type of a storage class, or undefined. */
export function dtypeOfStorage(name: string): DType | undefined {
  return (Object.keys(DTYPES) as DType[]).find((dtype) => DTYPES[dtype].storage === name);
}

/** Elements of a shape: the product of its sizes. */
export function elementCount(shape: readonly number[]): number {
  // An overflow to infinity would make NaN of a later zero.
  return shape.includes(0) ? 0 : shape.reduce((count, size) => count * size, 1);
}

/** PyTorch's strides, in elements, of a contiguous row-major tensor of this shape. */
export function contiguousStride(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step;
    step *= Math.max(1, shape[i]!);
  }
  return stride;
}
