import { type ModelRecipe, NO_TOKEN } from '../model/recipe.js';
import type { Tokenized } from './subwords.js';

/** Tokens of several residues with their IDs, in the vocabulary's order. */
export type Pieces = NonNullable<ModelRecipe['pieces']>;

/**
 * Greedy tokens, as Transformers' EsmTokenizer makes them: from left to right, the longest piece that matches, else the
 * token of a single residue. All pieces are in one trie, so a sequence is read once.
 */
export class PieceTokens {
  /** Row of each byte's child nodes; 0 for bytes that no piece contains. */
  readonly #column = new Uint8Array(256);
  readonly #columns: number;
  /** The next node by node and column; 0 for none, since no path leads back to the root. */
  readonly #next: Int32Array;
  /** The token that ends at a node. */
  readonly #ids: Int32Array;
  readonly #table: Int32Array;
  readonly #fused: number;

  /** @param recipe a recipe with pieces of printable ASCII. */
  constructor({ pieces = [], table, fused = NO_TOKEN }: Pick<ModelRecipe, 'pieces' | 'table' | 'fused'>) {
    this.#table = Int32Array.from(table);
    this.#fused = fused;
    let columns = 1;
    for (const [piece] of pieces)
      for (const byte of Buffer.from(piece, 'latin1'))
        if (this.#column[byte] === 0) this.#column[byte] = columns++;
    this.#columns = columns;
    const next: number[] = new Array(columns).fill(0);
    const ids = [NO_TOKEN];
    for (const [piece, id] of pieces) {
      let node = 0;
      for (const byte of Buffer.from(piece, 'latin1')) {
        const edge = node * columns + this.#column[byte]!;
        if (next[edge] === 0) {
          next[edge] = ids.length;
          ids.push(NO_TOKEN);
          for (let i = 0; i < columns; i++) next.push(0);
        }
        node = next[edge]!;
      }
      ids[node] = id;
    }
    this.#next = Int32Array.from(next);
    this.#ids = Int32Array.from(ids);
  }

  /**
   * The tokens of each sequence, without special ones.
   *
   * @param most tokens of a sequence; the rest is dropped.
   */
  encode(sequences: readonly Uint8Array[], most = Number.POSITIVE_INFINITY): Tokenized {
    const truncated: number[] = [];
    const tokens = sequences.map((residues, at) => {
      const made = this.#tokens(residues, most);
      if (made.length <= most) return made;
      truncated.push(at);
      return made.subarray(0, most);
    });
    return { tokens, truncated };
  }

  /** At most one token more than `most`, which shows that there are more. */
  #tokens(residues: Uint8Array, most: number): Int32Array {
    const made = new Int32Array(Math.min(residues.length, most + 1));
    let count = 0;
    for (let at = 0; at < residues.length && count < made.length; ) {
      let id = this.#table[residues[at]!]!;
      let end = at + 1;
      for (let node = 0, reach = at; reach < residues.length; ) {
        node = this.#next[node * this.#columns + this.#column[residues[reach++]!]!]!;
        if (node === 0) break;
        if (this.#ids[node] === NO_TOKEN) continue;
        id = this.#ids[node]!;
        end = reach;
      }
      at = end;
      if (id !== this.#fused || count === 0 || made[count - 1] !== id) made[count++] = id;
    }
    return made.subarray(0, count);
  }
}
