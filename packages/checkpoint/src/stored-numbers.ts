import { type Float16Loss, toFloat16 } from './float16.js';
import type { StorageType } from './write/parts.js';

/** The greatest numbers of each type round to beyond it from here on: these cannot be stored. */
export const STORAGE_BOUND: Readonly<Record<StorageType, number>> = {
  float32: Number.POSITIVE_INFINITY,
  float16: 65520,
  bfloat16: 2 ** 128 - 2 ** 119,
};

/** Numbers as they are stored. */
export interface StoredNumbers {
  data: Float32Array | Uint16Array;
  /** The loss from float16; null for other types. */
  loss: Float16Loss | null;
}

/** @throws RangeError for a finite number that would become infinite, with its index. */
export function storedNumbers(numbers: Float32Array, storage: StorageType): StoredNumbers {
  if (storage === 'float32') return { data: numbers, loss: null };
  if (storage === 'bfloat16') return { data: toBfloat16(numbers), loss: null };
  const { bits, loss } = toFloat16(numbers);
  return { data: bits, loss };
}

/** The highest bit of what is cut off, less one: half a step, rounded down. */
const BELOW_HALF = 0x7fff;

/**
 * Rounds numbers to bfloat16, the upper half of a float32, to the nearest and ties to even, and returns their bits. NaN and
 * infinities stay.
 *
 * @throws RangeError for a finite number that would become infinite, with its index.
 */
export function toBfloat16(numbers: Float32Array): Uint16Array {
  const from = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const bits = new Uint16Array(numbers.length);
  for (let i = 0; i < bits.length; i++) {
    const number = from[i]!;
    // Rounding could carry a NaN into an infinity.
    if (Number.isNaN(numbers[i]!)) bits[i] = ((number >>> 16) & 0x8000) | 0x7fc0;
    else {
      bits[i] = (number + BELOW_HALF + ((number >>> 16) & 1)) >>> 16;
      if ((bits[i]! & 0x7fff) === 0x7f80 && Number.isFinite(numbers[i]!))
        throw new RangeError(`number ${i} is ${numbers[i]}, beyond the largest bfloat16`);
    }
  }
  return bits;
}
