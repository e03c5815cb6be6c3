import { wrongKind } from '../refusals.js';
import type { DType } from './dtypes.js';

/**
 * Elements in memory, as the array type of their dtype: float16 and bfloat16 as their bits, bool as bytes 0
 * and 1, complex numbers as pairs of floats.
 */
export type TypedArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

type ArrayClass = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
};

const CLASSES: Readonly<Record<DType, ArrayClass>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** Little-endian bytes as the array type of their dtype: the same memory if aligned, else a copy. */
export function arrayOf(dtype: DType, bytes: Uint8Array): TypedArray {
  const type = CLASSES[dtype];
  const { buffer, byteOffset, byteLength } =
    bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new type(buffer, byteOffset, byteLength / type.BYTES_PER_ELEMENT);
}

/**
 * Converts little-endian bytes of real elements to float32: float16 and bfloat16 exactly, others rounded.
 *
 * @throws TypeError for complex elements.
 */
export function float32Of(dtype: DType, bytes: Uint8Array): Float32Array {
  if (dtype === 'complex64' || dtype === 'complex128')
    throw wrongKind(
      'readFloat32',
      'dtype',
      `readFloat32: ${dtype} elements have no float32 value; read them with readArray`,
    );
  const array = arrayOf(dtype, bytes);
  if (array instanceof Float32Array) return array;
  const out = new Float32Array(array.length);
  if (dtype === 'bfloat16') {
    // A bfloat16 is the upper half of a float32.
    const bits = new Uint32Array(out.buffer);
    for (let i = 0; i < bits.length; i++) bits[i] = Number(array[i]) << 16;
  } else if (dtype === 'float16') {
    const table = halves();
    const bits = new Uint32Array(out.buffer);
    for (let i = 0; i < bits.length; i++) bits[i] = table[array[i] as number]!;
  } else {
    for (let i = 0; i < out.length; i++) out[i] = toDouble(array[i]!);
  }
  return out;
}

/** A number that converts to float32 without double rounding. */
function toDouble(value: number | bigint): number {
  const double = Number(value);
  if (typeof value === 'number' || Number.isSafeInteger(double)) return double;
  // Bits far below float32's last collapse into one sticky bit, so the double is exact.
  const low = value & 0xfffn;
  return Number(low === 0n ? value : value - low + 0x800n);
}

let table: Uint32Array | null = null;

/** The float32 bits of every float16: 256 KiB, made on first use. */
function halves(): Uint32Array {
  if (table) return table;
  table = new Uint32Array(1 << 16);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let half = 0; half < table.length; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) {
      bits[0] = 0x7f800000 | (fraction << 13);
    } else {
      float[0] = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    }
    table[half] = (bits[0]! | sign) >>> 0;
  }
  return table;
}
