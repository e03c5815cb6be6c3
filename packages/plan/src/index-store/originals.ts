import { IdSet } from './id-set.js';

const CHUNK = 1 << 14;

/**
 * The longest sequence that is compared with the others, in residues. A longer one would be held in memory as a
 * whole, and is nearly never there twice.
 */
const LONGEST = 64 * 1024 * 1024;

/**
 * Finds sequences with the same residues among many millions, in 17 to 22 bytes for each distinct one. It compares
 * the residues themselves whenever two hashes agree.
 */
export class Originals {
  /** The ordinal of each distinct sequence, in chunks, so growth copies nothing. */
  readonly #ordinals: Uint32Array[] = [];
  readonly #set: IdSet;
  #count = 0;

  /** @param residuesAt returns the residues of an earlier sequence; called only if both hashes agree. */
  constructor(residuesAt: (ordinal: number) => Uint8Array) {
    this.#set = new IdSet((distinct) => residuesAt(this.#ordinalOf(distinct)));
  }

  /**
   * Adds the next sequence. Ordinals must ascend.
   *
   * @param length its residues. @param residues returns them; not called for a sequence that is too long to compare.
   * @returns the ordinal of the first sequence with these residues: its own, if there is no earlier one.
   */
  add(ordinal: number, length: number, residues: () => Uint8Array): number {
    if (length > LONGEST) return ordinal;
    const earlier = this.#set.add(residues());
    if (earlier >= 0) return this.#ordinalOf(earlier);
    const at = this.#count++ % CHUNK;
    if (at === 0) this.#ordinals.push(new Uint32Array(CHUNK));
    this.#ordinals.at(-1)![at] = ordinal;
    return ordinal;
  }

  #ordinalOf(distinct: number): number {
    return this.#ordinals[Math.floor(distinct / CHUNK)]![distinct % CHUNK]!;
  }
}
