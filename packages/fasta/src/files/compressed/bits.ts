import { TruncatedError } from './bad-compression.js';

/** Reads bits of bytes, the highest first. */
export class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  /** How many of the held bits are not used. */
  #left = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes of which a bit is used. */
  get bytesUsed(): number {
    return this.#at - Math.floor(this.#left / 8);
  }

  /** Bits of the last such byte that are used; 0 if all are. */
  get bitsOfLastByte(): number {
    return (8 - (this.#left % 8)) % 8;
  }

  /** The next bits as a number. @param count at most 24. @throws TruncatedError. */
  read(count: number): number {
    while (this.#left < count) {
      if (this.#at === this.#bytes.length) throw new TruncatedError();
      this.#held = (this.#held << 8) | this.#bytes[this.#at++]!;
      this.#left += 8;
    }
    this.#left -= count;
    return (this.#held >>> this.#left) & ((1 << count) - 1);
  }

  /** The next 32 bits, unsigned. */
  read32(): number {
    const high = this.read(16);
    return ((high << 16) | this.read(16)) >>> 0;
  }
}
