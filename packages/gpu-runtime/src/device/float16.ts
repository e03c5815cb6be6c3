/** Every float16 as float32, by its bits. */
let table: Float32Array | undefined;

/**
 * Converts half-precision numbers (IEEE 754 binary16) to float32, exactly.
 *
 * @param bits from ONNX Runtime: 16-bit patterns, or a Float16Array if the engine has one.
 */
export function fromFloat16(bits: ArrayBufferView): Float32Array {
  const patterns = new Uint16Array(bits.buffer, bits.byteOffset, bits.byteLength / 2);
  table ??= Float32Array.from({ length: 1 << 16 }, (_, pattern) => numberOf(pattern));
  const values = new Float32Array(patterns.length);
  for (let i = 0; i < patterns.length; i++) values[i] = table[patterns[i]!]!;
  return values;
}

function numberOf(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
