import { crc32 } from 'node:zlib';

const LZMA2 = 0x21;
const MOST_DICTIONARY = 128 * 1024 * 1024;
const MIB = 1024 * 1024;

/** What the header of a block says. */
export interface XzBlock {
  /** Bytes of the dictionary. */
  dictionary: number;
  /** Compressed bytes without padding, if it says so. */
  compressed?: number;
  /** Decompressed bytes, if it says so. */
  content?: number;
}

/** A number of up to nine bytes, seven bits each, the lowest first. */
export function numberAt(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || (i > 0 && byte === 0)) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  throw new Error('a number in it makes no sense');
}

/** Parses the header of a block. @throws Error that says how it is damaged, or what is not supported. */
export function blockHeader(header: Buffer): XzBlock {
  const end = header.length - 4;
  if (crc32(header.subarray(0, end)) !== header.readUInt32LE(end)) throw new Error('a header is wrong');
  const flags = header[1]!;
  let at = 2;
  const number = () => {
    const { value, end: next } = numberAt(header.subarray(0, end), at);
    at = next;
    return value;
  };
  if ((flags & 0x3c) !== 0) throw new Error('a header makes no sense');
  const compressed = flags & 0x40 ? number() : undefined;
  const content = flags & 0x80 ? number() : undefined;
  if ((flags & 3) !== 0 || number() !== LZMA2)
    throw new Error('it uses a filter that is not supported; decompress it by hand');
  const propertyBytes = number();
  const property = header[at++] ?? 255;
  if (propertyBytes !== 1 || property > 40) throw new Error('a header makes no sense');
  if (header.subarray(at, end).some((byte) => byte !== 0)) throw new Error('a header makes no sense');
  return {
    dictionary: dictionaryOf(property),
    ...(compressed !== undefined && { compressed }),
    ...(content !== undefined && { content }),
  };
}

function dictionaryOf(property: number): number {
  const size = property === 40 ? 2 ** 32 - 1 : (2 + (property & 1)) * 2 ** (11 + (property >> 1));
  if (size > MOST_DICTIONARY)
    throw new Error(
      `it needs a dictionary of ${Math.ceil(size / MIB)} MiB, and at most ${MOST_DICTIONARY / MIB} are supported; decompress it by hand`,
    );
  return size;
}
