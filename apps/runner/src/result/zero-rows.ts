import { counted } from '@holdfast/options';
import type { SequenceIndex } from '@holdfast/plan';

/** Most IDs that the warning names. */
const NAMED = 5;

/** Counts the rows of zeros of a result, and keeps where the first are. */
export class ZeroRows {
  #rows = 0;
  #zeros = 0;
  readonly #first: number[] = [];

  /** @param dim numbers in a row. */
  constructor(private readonly dim: number) {}

  /** Adds the next rows of the result. */
  add(rows: Float32Array): void {
    const { dim } = this;
    for (let at = 0; at < rows.length; at += dim, this.#rows++) {
      let column = 0;
      while (column < dim && rows[at + column] === 0) column++;
      if (column < dim) continue;
      this.#zeros++;
      if (this.#first.length < NAMED) this.#first.push(this.#rows);
    }
  }

  /**
   * The warning about them, or null.
   *
   * @param missing ordinals of sequences without a row. @param meaning what a row of zeros means for the model, if it says so.
   */
  async warning(
    index: Pick<SequenceIndex, 'idsOf'>,
    missing: ReadonlySet<number>,
    meaning: string | undefined,
  ): Promise<string | null> {
    if (this.#zeros === 0) return null;
    const ids = (await index.idsOf(ordinalsOf(this.#first, missing))).join(', ');
    const has = this.#zeros === 1 ? 'has' : 'have';
    const means = meaning === undefined ? '' : `; such a row means: ${meaning}`;
    return `${counted(this.#zeros, 'sequence')} ${has} a row of zeros: ${ids}${this.#zeros > this.#first.length ? ', …' : ''}${means}`;
  }
}

/** The ordinals of rows. @param rows ascend. */
export function ordinalsOf(rows: readonly number[], missing: ReadonlySet<number>): number[] {
  if (missing.size === 0) return [...rows];
  let [ordinal, row] = [-1, -1];
  return rows.map((wanted) => {
    while (row < wanted) if (!missing.has(++ordinal)) row++;
    return ordinal;
  });
}
