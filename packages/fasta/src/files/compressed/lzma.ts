import { RangeDecoder } from './range-decoder.js';
import type { Window } from './window.js';

const STATES = 12;
const POSITIONS = 16;
const LITERAL_STATES = 7;

// Where the probabilities of each kind begin.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * POSITIONS;
const IS_REP_0 = IS_REP + STATES;
const IS_REP_1 = IS_REP_0 + STATES;
const IS_REP_2 = IS_REP_1 + STATES;
const IS_LONG = IS_REP_2 + STATES;
const SLOT = IS_LONG + STATES * POSITIONS;
const SPECIAL = SLOT + 4 * 64;
const ALIGN = SPECIAL + 128;
const LENGTH = ALIGN + 16;
const LENGTH_SIZE = 2 + 2 * POSITIONS * 8 + 256;
const REP_LENGTH = LENGTH + LENGTH_SIZE;
const LITERAL = REP_LENGTH + LENGTH_SIZE;
const LITERAL_SIZE = 0x300;
const MOST_CONTEXT = 4;

/** Decodes chunks of LZMA, as LZMA2 cuts them. */
export class LzmaDecoder {
  readonly #coder = new RangeDecoder(LITERAL + (LITERAL_SIZE << MOST_CONTEXT));
  readonly #window: Window;
  #state = 0;
  /** The last four distances. */
  readonly #reps = [0, 0, 0, 0] as [number, number, number, number];
  #contextBits = 0;
  #literalMask = 0;
  #positionMask = 0;

  constructor(window: Window) {
    this.#window = window;
  }

  /** @param byte the three numbers lc, lp and pb in one. */
  setProperties(byte: number): void {
    const [pb, rest] = [Math.floor(byte / 45), byte % 45];
    const [lp, lc] = [Math.floor(rest / 9), rest % 9];
    if (pb > 4 || lc + lp > MOST_CONTEXT) throw new Error('its properties make no sense');
    this.#contextBits = lc;
    this.#literalMask = (1 << lp) - 1;
    this.#positionMask = (1 << pb) - 1;
  }

  resetState(): void {
    this.#coder.reset();
    this.#state = 0;
    this.#reps.fill(0);
  }

  /** Decodes a chunk into the window. @param length of what it holds, in bytes. */
  decode(chunk: Uint8Array, length: number): void {
    const coder = this.#coder;
    const window = this.#window;
    coder.begin(chunk);
    const end = window.position + length;
    while (window.position < end) {
      const position = window.position & this.#positionMask;
      const state = this.#state;
      if (coder.bit(IS_MATCH + state * POSITIONS + position) === 0) this.#literal();
      else {
        const count = coder.bit(IS_REP + state) === 0 ? this.#match(position) : this.#rep(position);
        if (count > end - window.position) throw new Error('a chunk is too long');
        window.copy(this.#reps[0], count);
      }
    }
    coder.end();
  }

  #literal(): void {
    const coder = this.#coder;
    const window = this.#window;
    const before = window.back(0) >> (8 - this.#contextBits);
    const context = ((window.position & this.#literalMask) << this.#contextBits) + before;
    const base = LITERAL + LITERAL_SIZE * context;
    const state = this.#state;
    let symbol = 1;
    if (state < LITERAL_STATES) {
      while (symbol < 0x100) symbol = (symbol << 1) | coder.bit(base + symbol);
    } else {
      let match = window.back(this.#reps[0]);
      let offset = 0x100;
      while (symbol < 0x100) {
        match <<= 1;
        const same = match & offset;
        const bit = coder.bit(base + offset + same + symbol);
        symbol = (symbol << 1) | bit;
        offset &= bit === 1 ? same : ~same;
      }
    }
    window.add(symbol & 0xff);
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  /** Reads a new distance. @returns the length of the copy. */
  #match(position: number): number {
    const reps = this.#reps;
    const length = this.#length(LENGTH, position);
    this.#state = this.#state < LITERAL_STATES ? 7 : 10;
    reps.copyWithin(1, 0, 3);
    reps[0] = this.#distance(length);
    return length;
  }

  /** Takes one of the last distances. @returns the length of the copy. */
  #rep(position: number): number {
    const coder = this.#coder;
    const reps = this.#reps;
    const state = this.#state;
    const early = state < LITERAL_STATES;
    if (coder.bit(IS_REP_0 + state) === 0) {
      if (coder.bit(IS_LONG + state * POSITIONS + position) === 0) {
        this.#state = early ? 9 : 11;
        return 1;
      }
    } else {
      const which = coder.bit(IS_REP_1 + state) === 0 ? 1 : 2 + coder.bit(IS_REP_2 + state);
      const distance = reps[which]!;
      reps.copyWithin(1, 0, which);
      reps[0] = distance;
    }
    this.#state = early ? 8 : 11;
    return this.#length(REP_LENGTH, position);
  }

  #length(base: number, position: number): number {
    const coder = this.#coder;
    const low = base + 2 + 8 * position;
    if (coder.bit(base) === 0) return 2 + coder.tree(low, 3);
    if (coder.bit(base + 1) === 0) return 10 + coder.tree(low + 8 * POSITIONS, 3);
    return 18 + coder.tree(base + 2 + 16 * POSITIONS, 8);
  }

  #distance(length: number): number {
    const coder = this.#coder;
    const slot = coder.tree(SLOT + 64 * Math.min(length - 2, 3), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 + (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + coder.reverseTree(SPECIAL + base - slot - 1, bits);
    return base + 16 * coder.direct(bits - 4) + coder.reverseTree(ALIGN, 4);
  }
}
