import { DTYPES, type DType, elementCount, isDType } from './dtypes.js';

/** A tensor's bytes: row-major, little-endian; all at once, or in pieces when asked. */
export type TensorData = ArrayBufferView | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);

/** A tensor to be written. Made by `tensor()`. */
export class PtTensor {
  /** Bytes of all elements. */
  readonly byteLength: number;
  readonly shape: readonly number[];

  constructor(
    readonly dtype: DType,
    shape: readonly number[],
    readonly data: TensorData,
  ) {
    this.shape = [...shape];
    if (!isDType(dtype)) throw new RangeError(`unknown dtype ${String(dtype)}`);
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      throw new RangeError(`shape [${shape}] has a size that is not a whole number, at least 0`);
    }
    this.byteLength = elementCount(shape) * DTYPES[dtype].bytes;
    if (!Number.isSafeInteger(this.byteLength)) throw new RangeError(`shape [${shape}] is too large`);
    if (typeof data !== 'function' && data.byteLength !== this.byteLength) {
      throw new RangeError(
        `a ${dtype} tensor of shape [${shape}] has ${this.byteLength} bytes, not ${data.byteLength}`,
      );
    }
  }
}

/**
 * A tensor to be written.
 *
 * @param data its bytes, row-major and little-endian, as a view, or a function that gives them in pieces when they are
 * due (for what does not fit in memory); their number must be that of the shape.
 * @throws RangeError when shape, dtype and length do not agree.
 */
export function tensor(dtype: DType, shape: readonly number[], data: TensorData): PtTensor {
  return new PtTensor(dtype, shape, data);
}

/**
 * What can be written. A Map or a plain object becomes a dict; whole numbers and bigints become ints, other numbers
 * floats.
 */
export type PtValue =
  | PtTensor
  | ReadonlyMap<string | number, PtValue>
  | { readonly [key: string]: PtValue }
  | readonly PtValue[]
  | string
  | number
  | bigint
  | boolean
  | null;
