/** The largest float16. */
export const FLOAT16_MAX = 65504;
/** From here on a number would round to beyond the largest float16. */
const TOO_LARGE = 65520;

/** The loss when float32 numbers are stored as float16. */
export interface Float16Loss {
  /** Largest difference between a number and its stored value. */
  maxAbsoluteError: number;
  /** Nonzero numbers stored as 0: below half of 2⁻²⁴. */
  zeroed: number;
}

/**
 * Rounds numbers to float16, to the nearest and ties to even (IEEE 754), and returns their bits. NaN and
 * infinities stay.
 *
 * @throws RangeError for a finite number that would become infinite, with its index.
 */
export function toFloat16(values: Float32Array): { bits: Uint16Array; loss: Float16Loss } {
  const bits = new Uint16Array(values.length);
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const loss = { maxAbsoluteError: 0, zeroed: 0 };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const size = Math.abs(value);
    const sign = (from[i]! >>> 16) & 0x8000;
    if (!(size < TOO_LARGE)) {
      if (Number.isFinite(size))
        throw new RangeError(`number ${i} is ${value}; the largest float16 is ${FLOAT16_MAX}`);
      bits[i] = sign | (Number.isNaN(value) ? 0x7e00 : 0x7c00);
      continue;
    }
    // Steps are 2^-24 below 2^-14 and grow with the exponent above. Adding and subtracting a number with
    // steps of the same size rounds as the processor does.
    const exponent = Math.max((from[i]! >>> 23) & 0xff, 113) - 127;
    const magic = 2 ** (exponent + 42);
    const kept = size + magic - magic;
    loss.maxAbsoluteError = Math.max(loss.maxAbsoluteError, Math.abs(size - kept));
    if (kept === 0 && size !== 0) loss.zeroed++;
    bits[i] = sign | (kept < 2 ** -14 ? kept * 2 ** 24 : normalBits(kept));
  }
  return { bits, loss };
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Exponent and fraction of a number that float16 represents exactly. */
function normalBits(kept: number): number {
  scratch[0] = kept;
  return (scratchBits[0]! - (112 << 23)) >>> 13;
}
