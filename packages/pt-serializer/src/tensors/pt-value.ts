import { array, checkOptions, flag, kind, object, whole } from '@holdfast/options';
import { outOfRange } from '../refusals.js';
import type { NumpyScalar, PtComplex, PtDevice, PtDType, PtFloat } from '../values.js';
import { contiguousStride, DTYPES, type DType, elementCount, isDTypeName } from './dtypes.js';
import type { LazyTensor } from './lazy-tensor.js';

/** A tensor's bytes: row-major, little-endian; in one piece, or in several on request. */
export type TensorData = ArrayBufferView | (() => Iterable<ArrayBufferView> | AsyncIterable<ArrayBufferView>);

const isTensorData = kind(
  'a view of bytes, such as a typed array, or a function that gives such views',
  (given) => typeof given === 'function' || ArrayBuffer.isView(given),
);

/** Bytes that several tensors are views of; written once. Made by `storage()`. */
export class PtStorage {
  constructor(
    /** Bytes. */
    readonly size: number,
    readonly data: TensorData,
  ) {
    checkOptions('storage', size, whole(0), 'size');
    checkOptions('storage', data, isTensorData, 'data');
    if (typeof data !== 'function' && data.byteLength !== size)
      throw outOfRange('storage', 'data', `a storage of ${size} bytes, not ${data.byteLength}`);
  }
}

/** A tensor's layout in its storage, and its facts beside the elements. */
export interface TensorOptions {
  /** Steps between neighbours of each dimension, in elements. Default: row-major without gaps. */
  stride?: readonly number[];
  /** The first element's place within the storage, in elements. Default 0. */
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

/** A tensor to be written. Made by `tensor()`. */
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
        `a storage of ${storage.size} bytes has no whole number of ${dtype} elements`,
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
 * A tensor to be written.
 *
 * @param data its bytes, row-major and little-endian, as a view; or a function that gives them in pieces when they are
 * due (for what does not fit in memory), as many as the shape says; or a `storage()` that it is a view of.
 * @throws RangeError when shape, dtype, stride, offset and length do not agree; RangeError and TypeError for arguments and
 * invalid options (`code` is `invalid_option`).
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
 * @param size bytes.
 * @param data as many bytes, little-endian, in one piece or in several on request.
 * @throws RangeError when the length is another (`code` is `invalid_option`).
 */
export function storage(size: number, data: TensorData): PtStorage {
  return new PtStorage(size, data);
}

/**
 * A value that can be written: everything that is read, and plain objects as dicts. Whole numbers up to 2^53 and bigints become
 * ints, other numbers floats; `new PtFloat(1)` makes a float of a whole one, `tuple()` a tuple. What occurs twice is
 * written once and is one object when it is loaded.
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
