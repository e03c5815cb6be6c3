import { constants, isUtf8 } from 'node:buffer';
import { PtFormatError } from './format-error.js';
import type { PtLimits } from './limits.js';

const fail = (reason: string) => new PtFormatError('pickle', reason);

/** A pickle that goes on beyond the bytes that were given. */
export class EndOfPickle extends PtFormatError {
  constructor(wanted: number, left: number) {
    super('pickle', `${wanted} bytes are announced, but ${left} are left`);
  }
}

/** A pickle's bytes, read from front to back; each length is compared with what is left before it is used. */
export class PickleBytes {
  /** Offset of the next byte. */
  at: number;
  readonly #bytes: Buffer;
  readonly #limits: PtLimits;

  constructor(bytes: Buffer, limits: PtLimits, from = 0) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.at = from;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new EndOfPickle(length, this.left);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** A view of the pickle's own bytes. */
  bytes(length: number): Uint8Array {
    const { buffer, byteOffset } = this.take(length);
    return new Uint8Array(buffer, byteOffset, length);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    return this.take(2).readUInt16LE();
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  /** Rounded beyond 2^53, where it is more than any file has. */
  u64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  i32(): number {
    return this.take(4).readInt32LE();
  }

  f64BigEndian(): number {
    return this.take(8).readDoubleBE();
  }

  utf8(length: number): string {
    const bytes = this.#textBytes(length);
    const text = bytes.toString('utf8');
    // Decoding puts U+FFFD for what is not UTF-8, which would make different names equal.
    if (text.includes('\ufffd') && !isUtf8(bytes)) throw fail('a string is not UTF-8');
    return text;
  }

  latin1(length: number): string {
    return this.#textBytes(length).toString('latin1');
  }

  /** Text up to a line feed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new EndOfPickle(this.left + 1, this.left);
    const line = this.utf8(end - this.at);
    this.at = end + 1;
    return line;
  }

  /** Little-endian two's complement; a bigint beyond 2^53. */
  integer(length: number): number | bigint {
    const most = this.#limits.integerBytes;
    if (length > most && length <= this.left)
      throw new PtFormatError(
        'limit',
        `an integer of ${length} bytes; at most ${most} (limits.integerBytes)`,
      );
    const hex = Buffer.from(this.take(length)).reverse().toString('hex');
    const value = BigInt.asIntN(length * 8, BigInt(`0x${hex || '0'}`));
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  #textBytes(length: number): Buffer {
    const most = Math.min(constants.MAX_STRING_LENGTH, this.#limits.stringBytes);
    if (length > most && length <= this.left)
      throw new PtFormatError('limit', `a string of ${length} bytes; at most ${most} (limits.stringBytes)`);
    return this.take(length);
  }
}
