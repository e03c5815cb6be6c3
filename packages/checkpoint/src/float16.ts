/** The largest float16. */
export const FLOAT16_MAX = 65504;
/** From here on a number is nearer to what would follow the largest float16 than to it. */
const TOO_LARGE = 65520;

/** What float16 cannot keep of some float32 numbers. */
export interface Float16Loss {
  /** Largest difference between a number and what is kept of it. */
  maxAbsoluteError: number;
  /** Numbers other than 0 of which 0 is kept: below half of 2⁻²⁴. */
  zeroed: number;
}

/**
 * Numbers as the bits of the nearest float16, of two equally near the even one (IEEE 754); NaN and infinities stay.
 *
 * @throws RangeError for a finite number that would become infinite, with its place.
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
        throw new RangeError(`number ${i} is ${value}; float16 ends at ${FLOAT16_MAX}`);
      bits[i] = sign | (Number.isNaN(value) ? 0x7e00 : 0x7c00);
      continue;
    }
    // Steps are 2^-24 below 2^-14 and grow with the exponent above; adding and taking away a number whose own steps are as
    // large rounds as the processor does.
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

/** Exponent and fraction of a number that a float16 holds exactly. */
function normalBits(kept: number): number {
  scratch[0] = kept;
  return (scratchBits[0]! - (112 << 23)) >>> 13;
}
