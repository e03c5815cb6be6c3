/**
 * What a pickle memorises, by slot. Picklers number slots from 0 upwards, so those lie in an array, several times as fast
 * as a Map; a slot out of turn, which a made-up pickle may have, lies in a Map.
 */
export class Memo {
  readonly #inTurn: unknown[] = [];
  readonly #outOfTurn = new Map<number, unknown>();

  /** Slots that hold something. */
  get size(): number {
    return this.#inTurn.length + this.#outOfTurn.size;
  }

  has(slot: number): boolean {
    return slot < this.#inTurn.length || this.#outOfTurn.has(slot);
  }

  get(slot: number): unknown {
    return slot < this.#inTurn.length ? this.#inTurn[slot] : this.#outOfTurn.get(slot);
  }

  set(slot: number, value: unknown): void {
    if (slot < this.#inTurn.length) this.#inTurn[slot] = value;
    else if (slot === this.#inTurn.length && !this.#outOfTurn.has(slot)) this.#inTurn.push(value);
    else this.#outOfTurn.set(slot, value);
  }
}
