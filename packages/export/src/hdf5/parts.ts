/** An address or an offset that there is not. */
export const UNDEFINED = 0xffff_ffff_ffff_ffffn;

/** Little-endian numbers of some bytes each. */
export const u8 = (...values: number[]): Buffer => Buffer.from(values);
export function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16LE(value, at * 2);
  return bytes;
}
export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32LE(value, at * 4);
  return bytes;
}
export function u64(...values: (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [at, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), at * 8);
  return bytes;
}

export const aligned = (length: number): number => Math.ceil(length / 8) * 8;

/** Some parts as one, with zeros up to a multiple of eight bytes. */
export function padded(...parts: Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat(parts, aligned(length));
}
