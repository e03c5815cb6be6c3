/** A 64-bit number in two halves. The functions below leave their result here, so nothing is allocated. */
let high = 0;
let low = 0;

/** Primes of XXH64, as published: high and low halves. */
const P1 = [0x9e3779b1, 0x85ebca87] as const;
const P2 = [0xc2b2ae3d, 0x27d4eb4f] as const;
const P3 = [0x165667b1, 0x9e3779f9] as const;
const P4 = [0x85ebca77, 0xc2b2ae63] as const;
const P5 = [0x27d4eb2f, 0x165667c5] as const;

type Prime = readonly [number, number];

function add(h: number, l: number): void {
  const sum = (low >>> 0) + (l >>> 0);
  low = sum | 0;
  high = (high + h + (sum > 0xffffffff ? 1 : 0)) | 0;
}

function multiply([bh, bl]: Prime): void {
  const [a0, a1] = [low & 0xffff, low >>> 16];
  const [b0, b1] = [bl & 0xffff, bl >>> 16];
  const bottom = a0 * b0;
  const middle = a0 * b1 + a1 * b0 + (bottom >>> 16);
  const top = a1 * b1 + Math.floor(middle / 0x10000);
  high = (top + Math.imul(high, bl) + Math.imul(low, bh)) | 0;
  low = ((middle & 0xffff) << 16) | (bottom & 0xffff);
}

function rotate(bits: number): void {
  const [h, l] = bits < 32 ? [high, low] : [low, high];
  const by = bits & 31;
  high = (h << by) | (l >>> (32 - by));
  low = (l << by) | (h >>> (32 - by));
}

/** Exclusive or with itself, shifted right. */
function fold(bits: number): void {
  const [h, l] =
    bits < 32 ? [high >>> bits, (low >>> bits) | (high << (32 - bits))] : [0, high >>> (bits - 32)];
  high ^= h;
  low ^= l;
}

const LANE_BYTES = 8;
const STRIPE_BYTES = 32;

/** The hash XXH64 with the seed 0, of bytes that come in chunks. */
export class Xxh64 {
  /** High and low halves of four lanes. */
  readonly #lanes = new Int32Array(8);
  readonly #rest = Buffer.alloc(STRIPE_BYTES);
  #restLength = 0;
  #length = 0;

  constructor() {
    const lane = (i: number) => {
      this.#lanes[2 * i] = high;
      this.#lanes[2 * i + 1] = low;
    };
    [high, low] = P1;
    add(...P2);
    lane(0);
    [high, low] = P2;
    lane(1);
    [high, low] = [0, 0];
    lane(2);
    // The negative of P1.
    [high, low] = [~P1[0], ~P1[1]];
    add(0, 1);
    lane(3);
  }

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let at = 0;
    if (this.#restLength > 0) {
      at = Math.min(STRIPE_BYTES - this.#restLength, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#restLength);
      this.#restLength += at;
      if (this.#restLength < STRIPE_BYTES) return;
      this.#stripes(this.#rest, 0, STRIPE_BYTES);
      this.#restLength = 0;
    }
    const end = bytes.length - ((bytes.length - at) % STRIPE_BYTES);
    this.#stripes(bytes, at, end);
    this.#rest.set(bytes.subarray(end));
    this.#restLength = bytes.length - end;
  }

  /** The low 32 bits of the hash. */
  low32(): number {
    this.#merge();
    add(Math.floor(this.#length / 2 ** 32), this.#length | 0);
    const rest = this.#rest;
    let at = 0;
    for (; at + LANE_BYTES <= this.#restLength; at += LANE_BYTES) {
      const [h, l] = [high, low];
      [high, low] = [0, 0];
      takeLane(rest.readInt32LE(at + 4), rest.readInt32LE(at));
      high ^= h;
      low ^= l;
      rotate(27);
      multiply(P1);
      add(...P4);
    }
    if (at + 4 <= this.#restLength) {
      const [h, l] = [high, low];
      [high, low] = [0, rest.readInt32LE(at)];
      multiply(P1);
      high ^= h;
      low ^= l;
      rotate(23);
      multiply(P2);
      add(...P3);
      at += 4;
    }
    for (; at < this.#restLength; at++) {
      const [h, l] = [high, low];
      [high, low] = [0, rest[at]!];
      multiply(P5);
      high ^= h;
      low ^= l;
      rotate(11);
      multiply(P1);
    }
    fold(33);
    multiply(P2);
    fold(29);
    multiply(P3);
    fold(32);
    return low >>> 0;
  }

  #merge(): void {
    const lanes = this.#lanes;
    if (this.#length < STRIPE_BYTES) {
      [high, low] = P5;
      return;
    }
    let [h, l] = [0, 0];
    for (const [i, by] of [1, 7, 12, 18].entries()) {
      high = lanes[2 * i]!;
      low = lanes[2 * i + 1]!;
      rotate(by);
      add(h, l);
      [h, l] = [high, low];
    }
    for (let i = 0; i < 4; i++) {
      [high, low] = [0, 0];
      takeLane(lanes[2 * i]!, lanes[2 * i + 1]!);
      high ^= h;
      low ^= l;
      multiply(P1);
      add(...P4);
      [h, l] = [high, low];
    }
  }

  #stripes(bytes: Uint8Array, from: number, end: number): void {
    const lanes = this.#lanes;
    for (let at = from; at < end; at += STRIPE_BYTES) {
      for (let i = 0; i < 4; i++) {
        const place = at + LANE_BYTES * i;
        high = lanes[2 * i]!;
        low = lanes[2 * i + 1]!;
        takeLane(word(bytes, place + 4), word(bytes, place));
        lanes[2 * i] = high;
        lanes[2 * i + 1] = low;
      }
    }
  }
}

const word = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Mixes eight bytes into the current number. */
function takeLane(h: number, l: number): void {
  const [before, beforeLow] = [high, low];
  [high, low] = [h, l];
  multiply(P2);
  add(before, beforeLow);
  rotate(31);
  multiply(P1);
}
