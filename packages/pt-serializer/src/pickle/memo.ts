import { randomInt } from 'node:crypto';

/**
 * A pickle's memo, by slot. Picklers number slots upwards from 0, so these are in an array, several times as
 * fast as a Map. Other slots, which only a crafted pickle has, go into a Map under a shuffled key: V8 hashes
 * numbers without a seed, so a file could choose slots of one hash.
 */
export class Memo {
  readonly #inTurn: unknown[] = [];
  readonly #outOfTurn = new Map<number, unknown>();
  readonly #chance = [randomInt(2 ** 32), randomInt(2 ** 31) * 2 + 1] as const;

  /** Number of filled slots. */
  get size(): number {
    return this.#inTurn.length + this.#outOfTurn.size;
  }

  has(slot: number): boolean {
    return slot < this.#inTurn.length || this.#outOfTurn.has(this.#key(slot));
  }

  get(slot: number): unknown {
    return slot < this.#inTurn.length ? this.#inTurn[slot] : this.#outOfTurn.get(this.#key(slot));
  }

  set(slot: number, value: unknown): void {
    if (slot < this.#inTurn.length) this.#inTurn[slot] = value;
    else if (slot === this.#inTurn.length && !this.#outOfTurn.has(this.#key(slot))) this.#inTurn.push(value);
    else this.#outOfTurn.set(this.#key(slot), value);
  }

  /** A different 32-bit number for each slot. */
  #key(slot: number): number {
    return Math.imul(slot ^ this.#chance[0], this.#chance[1]);
  }
}
