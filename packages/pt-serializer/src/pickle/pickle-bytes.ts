import { constants, isUtf8 } from 'node:buffer';
import { type PtErrorPlace, PtFormatError } from '../format-error.js';
import type { PtLimits } from '../limits.js';

const fail = (reason: string) => new PtFormatError('pickle', reason);

/** A pickle that continues beyond the given bytes. */
export class EndOfPickle extends PtFormatError {
  constructor(
    readonly wanted: number,
    readonly remaining: number,
    place?: PtErrorPlace,
  ) {
    super('pickle', `${wanted} bytes are announced, but ${remaining} are left`, place);
  }

  override at(place: PtErrorPlace): EndOfPickle {
    return new EndOfPickle(this.wanted, this.remaining, this.placeWithin(place));
  }
}

/**
 * A pickle's bytes, read sequentially; each length is checked against the remaining bytes before it is used.
 */
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
    const from = this.#skip(length);
    return this.#bytes.subarray(from, this.at);
  }

  /** A view of the pickle's own bytes. */
  bytes(length: number): Uint8Array {
    const { buffer, byteOffset } = this.take(length);
    return new Uint8Array(buffer, byteOffset, length);
  }

  u8(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#skip(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  /** Rounded above 2^53, which no file reaches. */
  u64(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#skip(8)));
  }

  i32(): number {
    return this.#bytes.readInt32LE(this.#skip(4));
  }

  f64BigEndian(): number {
    return this.#bytes.readDoubleBE(this.#skip(8));
  }

  utf8(length: number): string {
    const from = this.#skipText(length);
    // No encoding argument: a named one is looked up each time, and UTF-8 is the default.
    const text = this.#bytes.toString(undefined, from, this.at);
    // Decoding replaces invalid UTF-8 by U+FFFD, which could make different names equal.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(from, this.at)))
      throw fail('a string is not UTF-8');
    return text;
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

  #skipText(length: number): number {
    const most = Math.min(constants.MAX_STRING_LENGTH, this.#limits.stringBytes);
    if (length > most && length <= this.left)
      throw new PtFormatError('limit', `a string of ${length} bytes; at most ${most} (limits.stringBytes)`);
    return this.#skip(length);
  }

  /**
   * Skips this many bytes and returns where they begin. Makes no view, because this runs for every opcode.
   */
  #skip(length: number): number {
    if (length > this.left) throw new EndOfPickle(length, this.left);
    this.at += length;
    return this.at - length;
  }
}
