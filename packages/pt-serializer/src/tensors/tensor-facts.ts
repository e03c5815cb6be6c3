import { PtFormatError } from '../format-error.js';
import { DTYPES, type DType } from './dtypes.js';

/** A tensor without its elements. */
export interface TensorFacts {
  kind: 'tensor' | 'ndarray';
  dtype: DType;
  shape: readonly number[];
  /** In elements. */
  stride: readonly number[];
  /** Offset of the first element in the storage, in elements. */
  offset: number;
  requiresGrad: boolean;
  /** Whether it is a parameter of a module. */
  parameter: boolean;
}

const MAX_RANK = 64;
/** No machine has a larger tensor. */
const MAX_BYTES = 2 ** 50;

/** @throws PtFormatError (`tensor`) unless every element is within a storage of this many bytes. */
export function checkBounds({ dtype, shape, stride, offset }: TensorFacts, storageBytes: number): void {
  const fail = (reason: string) => new PtFormatError('tensor', reason);
  if (shape.length !== stride.length) throw fail(`${shape.length} sizes but ${stride.length} strides`);
  if (shape.length > MAX_RANK) throw fail(`${shape.length} dimensions; at most ${MAX_RANK} are read`);
  for (const value of [...shape, ...stride, offset]) {
    if (!Number.isSafeInteger(value) || value < 0) {
      // Print only a number: a nested list could be exponentially long.
      throw fail(
        `${typeof value === 'number' ? value : `a ${typeof value}`} is not a size, stride or offset`,
      );
    }
  }
  const width = BigInt(DTYPES[dtype].bytes);
  const count = shape.reduce((product, size) => product * BigInt(size), 1n);
  if (count * width > BigInt(MAX_BYTES)) throw fail(`${count * width} bytes; at most ${MAX_BYTES} are read`);
  if (count === 0n) return;
  const last = shape.reduce((sum, size, i) => sum + BigInt(size - 1) * BigInt(stride[i]!), BigInt(offset));
  if ((last + 1n) * width > BigInt(storageBytes)) {
    throw fail(
      `shape [${shape}], stride [${stride}], offset ${offset} reach beyond a storage of ${storageBytes} bytes`,
    );
  }
}
