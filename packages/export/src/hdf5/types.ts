import { padded, u8, u16, u32 } from './parts.js';

/** Types of elements, as HDF5 describes them in a datatype message. */
export const FLOAT32 = floating(4, 31, 23, 8, 127);
export const FLOAT16 = floating(2, 15, 10, 5, 15);
export const FLOAT64 = floating(8, 63, 52, 11, 1023);
export const INT64 = padded(u8(0x10, 0x08, 0, 0), u32(8), u16(0, 64));
/** UTF-8 of any length. An element is a reference to where its bytes are, see `StringHeap`. */
export const TEXT = padded(u8(0x19, 0x01, 0x01, 0), u32(16), u8(0x10, 0, 0, 0), u32(1), u16(0, 8));

/** The type of a result's numbers; HDF5 has no bfloat16. */
export const floatOf = (dtype: string): Buffer => (dtype === 'float16' ? FLOAT16 : FLOAT32);

/** An IEEE 754 number, little-endian. @param sign place of its bit. */
function floating(bytes: number, sign: number, mantissa: number, exponent: number, bias: number): Buffer {
  return padded(
    u8(0x11, 0x20, sign, 0),
    u32(bytes),
    u16(0, bytes * 8),
    u8(mantissa, exponent, 0, mantissa),
    u32(bias),
  );
}
