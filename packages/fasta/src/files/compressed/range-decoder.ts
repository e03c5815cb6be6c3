const PROBABILITY_BITS = 11;
const HALF = 1 << (PROBABILITY_BITS - 1);
const WHOLE = 1 << PROBABILITY_BITS;
const RATE = 5;
const SHORT = 2 ** 24;

/** The range decoder of LZMA, with adaptive probabilities that a bit is 0. */
export class RangeDecoder {
  readonly probabilities: Uint16Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #range = 0;
  #code = 0;

  /** @param count of probabilities. */
  constructor(count: number) {
    this.probabilities = new Uint16Array(count).fill(HALF);
  }

  /** Forgets what the probabilities have learned. */
  reset(): void {
    this.probabilities.fill(HALF);
  }

  /** Begins a chunk. */
  begin(bytes: Uint8Array): void {
    if (bytes.length < 5 || bytes[0] !== 0) throw new Error('a chunk begins wrongly');
    this.#bytes = bytes;
    this.#at = 5;
    this.#range = 0xffffffff;
    this.#code = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
  }

  /** Ends a chunk. */
  end(): void {
    if (this.#code !== 0 || this.#at !== this.#bytes.length) throw new Error('a chunk ends wrongly');
  }

  /** A bit of the probability at an index. */
  bit(index: number): number {
    const probability = this.probabilities[index]!;
    const bound = (this.#range >>> PROBABILITY_BITS) * probability;
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      this.probabilities[index] = probability + ((WHOLE - probability) >>> RATE);
    } else {
      this.#range -= bound;
      this.#code -= bound;
      this.probabilities[index] = probability - (probability >>> RATE);
      bit = 1;
    }
    if (this.#range < SHORT) this.#refill();
    return bit;
  }

  /** A number of `bits` bits, the highest first, each with a probability of its own. */
  tree(base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.bit(base + symbol);
    return symbol - (1 << bits);
  }

  /** The same, the lowest first. */
  reverseTree(base: number, bits: number): number {
    let symbol = 1;
    let number = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(base + symbol);
      symbol = (symbol << 1) | bit;
      number |= bit << i;
    }
    return number;
  }

  /** Bits that are as often 0 as 1. */
  direct(bits: number): number {
    let number = 0;
    for (let i = 0; i < bits; i++) {
      this.#range >>>= 1;
      let bit = 0;
      if (this.#code >= this.#range) {
        this.#code -= this.#range;
        bit = 1;
      }
      number = 2 * number + bit;
      if (this.#range < SHORT) this.#refill();
    }
    return number;
  }

  #refill(): void {
    if (this.#at === this.#bytes.length) throw new Error('a chunk is too short');
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#bytes[this.#at++]!) >>> 0;
  }
}
