import type { CoveredPositions } from '../shard/shard-plan.js';

/** A checkpoint that holds rows. */
export interface RowPlace {
  shard: number;
  /** The name of its file. */
  checkpoint: string;
}

/** Which checkpoint holds the row of a position: a few numbers for each checkpoint in memory. */
export class RowPlaces {
  readonly #places: RowPlace[] = [];
  /** First position of each place, ascending. */
  readonly #firsts: number[] = [];
  /** Which of the places each of them is; those of sequences that were tried again are apart. */
  readonly #which: number[] = [];
  readonly #again = new Map<number, number>();
  #end = 0;
  #last = 0;

  /** Adds a checkpoint. They come in the plan's order. @param rows how many it holds. */
  add(place: RowPlace, { first, left, positions }: CoveredPositions, rows: number): void {
    const which = this.#places.push(place) - 1;
    if (positions !== null) {
      for (const position of positions) this.#again.set(position, which);
      return;
    }
    if (first !== this.#end) throw new RangeError(`positions ${this.#end} to ${first} are in no checkpoint`);
    this.#end = first + left.length + rows;
    this.#firsts.push(first);
    this.#which.push(which);
  }

  /** The place of a position, by number: that of its row, or of the checkpoint that lists it as quarantined. */
  at(position: number): number {
    const again = this.#again.size === 0 ? undefined : this.#again.get(position);
    if (again !== undefined) return again;
    if (position >= this.#end) throw new RangeError(`position ${position} is in no checkpoint`);
    // Positions are mostly asked for in order.
    if (this.#firsts[this.#last]! > position) this.#last = 0;
    while (this.#last + 1 < this.#firsts.length && this.#firsts[this.#last + 1]! <= position) this.#last++;
    return this.#which[this.#last]!;
  }

  /** A place by its number. */
  place(number: number): RowPlace {
    return this.#places[number]!;
  }
}
