import { array, checkOptions, flag, kind, object, whole } from '@holdfast/options';
import { outOfRange } from '../refusals.js';
import type { NumpyScalar, PtComplex, PtDevice, PtDType, PtFloat } from '../values.js';
import { contiguousStride, DTYPES, type DType, elementCount, isDTypeName } from './dtypes.js';
import type { LazyTensor } from './lazy-tensor.js';

/** A tensor's bytes, row-major and little-endian: in one piece, or in several on request. */
export type TensorData = ArrayBufferView | (() => Iterable<ArrayBufferView> | AsyncIterable<ArrayBufferView>);

const isTensorData = kind(
  'a view of bytes, such as a typed array, or a function that returns such views',
  (given) => typeof given === 'function' || ArrayBuffer.isView(given),
);

/** Bytes of which several tensors are views; written once. Made by `storage()`. */
export class PtStorage {
  constructor(
    /** Size in bytes. */
    readonly size: number,
    readonly data: TensorData,
  ) {
    checkOptions('storage', size, whole(0), 'size');
    checkOptions('storage', data, isTensorData, 'data');
    if (typeof data !== 'function' && data.byteLength !== size)
      throw outOfRange('storage', 'data', `a storage of ${size} bytes, but its data has ${data.byteLength}`);
  }
}

/** A tensor's layout in its storage, and its flags. */
export interface TensorOptions {
  /** Stride of each dimension, in elements. Default: contiguous and row-major. */
  stride?: readonly number[];
  /** Offset of the first element in the storage, in elements. Default 0. */
  offset?: number;
  /** Default false. */
  requiresGrad?: boolean;
  /** Whether it is a `torch.nn.Parameter`. Default false. */
  parameter?: boolean;
}

const areSizes = array(whole(0), 'whole numbers of at least 0');

const tensorOptions = object<TensorOptions>({
  stride: areSizes,
  offset: whole(0),
  requiresGrad: flag,
  parameter: flag,
});

/** A tensor to write. Made by `tensor()`. */
export class PtTensor {
  /** Bytes of all elements. */
  readonly byteLength: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly requiresGrad: boolean;
  readonly parameter: boolean;
  readonly storage: PtStorage;

  constructor(
    readonly dtype: DType,
    shape: readonly number[],
    data: TensorData | PtStorage,
    options: TensorOptions = {},
  ) {
    checkOptions('tensor', dtype, isDTypeName, 'dtype');
    checkOptions('tensor', shape, areSizes, 'shape');
    if (!(data instanceof PtStorage)) checkOptions('tensor', data, isTensorData, 'data');
    checkOptions('tensor', options, tensorOptions);
    const { stride, offset = 0, requiresGrad = false, parameter = false } = options;
    this.shape = [...shape];
    this.byteLength = elementCount(shape) * DTYPES[dtype].bytes;
    if (!Number.isSafeInteger(this.byteLength))
      throw outOfRange('tensor', 'shape', `shape [${shape}] is too large`, shape);
    this.stride = stride ? [...stride] : contiguousStride(shape);
    this.offset = offset;
    this.requiresGrad = requiresGrad;
    this.parameter = parameter;
    const viewed = data instanceof PtStorage;
    if (!viewed && (stride || offset !== 0))
      throw outOfRange(
        'tensor',
        stride ? 'stride' : 'offset',
        'only a tensor over a storage() has a stride or an offset',
      );
    if (!viewed && typeof data !== 'function' && data.byteLength !== this.byteLength) {
      throw outOfRange(
        'tensor',
        'data',
        `a ${dtype} tensor of shape [${shape}] has ${this.byteLength} bytes, not ${data.byteLength}`,
      );
    }
    this.storage = viewed ? data : new PtStorage(this.byteLength, data);
    this.#checkStorage();
  }

  #checkStorage(): void {
    const { shape, stride, offset, dtype, storage } = this;
    const { bytes } = DTYPES[dtype];
    if (stride.length !== shape.length)
      throw outOfRange(
        'tensor',
        'stride',
        `shape [${shape}] and stride [${stride}] differ in length`,
        stride,
      );
    if (storage.size % bytes !== 0)
      throw outOfRange(
        'tensor',
        'data',
        `a storage of ${storage.size} bytes is not a whole number of ${dtype} elements`,
      );
    if (this.byteLength === 0) return;
    const last = shape.reduce((sum, size, i) => sum + (size - 1) * stride[i]!, offset);
    if (!((last + 1) * bytes <= storage.size))
      throw outOfRange(
        'tensor',
        'data',
        `shape [${shape}], stride [${stride}], offset ${offset} reach beyond a storage of ${storage.size} bytes`,
      );
  }
}

/**
 * A tensor to write.
 *
 * @param data its bytes, row-major and little-endian, as a view; or a function that returns them in pieces on
 * request, if they do not fit in memory; or a `storage()` of which it is a view.
 * @throws RangeError if shape, dtype, stride, offset and length are inconsistent; RangeError and TypeError
 * for invalid arguments and options (`code` is `invalid_option`).
 */
export function tensor(
  dtype: DType,
  shape: readonly number[],
  data: TensorData | PtStorage,
  options?: TensorOptions,
): PtTensor {
  return new PtTensor(dtype, shape, data, options);
}

/**
 * Bytes that several tensors share.
 *
 * @param size size in bytes.
 * @param data that many bytes, little-endian, in one piece or in several on request.
 * @throws RangeError if the length differs (`code` is `invalid_option`).
 */
export function storage(size: number, data: TensorData): PtStorage {
  return new PtStorage(size, data);
}

/**
 * A value that can be written: everything that can be read, and plain objects as dicts. Whole numbers up to
 * 2^53 and bigints become ints, other numbers floats; `new PtFloat(1)` is the float 1.0, `tuple()` makes a
 * tuple. An object that occurs twice is written once and loads as one object.
 */
export type PtValue =
  | PtTensor
  | LazyTensor
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | { readonly [key: string]: PtValue }
  | readonly PtValue[]
  | Uint8Array
  | PtFloat
  | PtComplex
  | PtDType
  | PtDevice
  | NumpyScalar
  | string
  | number
  | bigint
  | boolean
  | null;
