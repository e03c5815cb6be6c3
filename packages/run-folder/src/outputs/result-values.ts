import type { SequenceIndex } from '@holdfast/plan';
import type { ValueFile } from './run-outputs.js';
import type { ValuePlaces } from './value-places.js';

/** Bytes that are joined into one part. */
const PART_BYTES = 1 << 20;

/** The numbers of tokens of a result, in input order; a copy has those of its original. */
export class ResultValues {
  readonly #index: SequenceIndex;
  readonly #missing: ReadonlySet<number>;
  readonly #places: ValuePlaces;
  /** The position of each sequence, or of the one that it is a copy of. */
  #positions: Uint32Array | undefined;

  /** @param missing ordinals without a row, copies included. */
  constructor(index: SequenceIndex, missing: ReadonlySet<number>, places: ValuePlaces) {
    this.#index = index;
    this.#missing = missing;
    this.#places = places;
  }

  /** Tokens of each sequence that has a row, in the rows' order. */
  async *tokens(): AsyncGenerator<number> {
    for await (const position of this.#rows()) yield this.#places.tokens(position)!;
  }

  /** Where each row's numbers begin, and where the last one's end: in rows of tokens, or in numbers for pairs of tokens. Parts of int64. */
  async *offsets({ dim }: ValueFile): AsyncGenerator<Uint8Array> {
    let part: bigint[] = [0n];
    let end = 0;
    const taken = () => new Uint8Array(BigInt64Array.from(part).buffer);
    for await (const tokens of this.tokens()) {
      end += dim === null ? tokens * tokens : tokens;
      part.push(BigInt(end));
      if (part.length * 8 < PART_BYTES) continue;
      yield taken();
      part = [];
    }
    if (part.length > 0) yield taken();
  }

  /** Rows of tokens, or numbers for pairs of tokens, of all sequences together. */
  async total({ dim }: ValueFile): Promise<number> {
    let sum = 0;
    for await (const tokens of this.tokens()) sum += dim === null ? tokens * tokens : tokens;
    return sum;
  }

  /**
   * The numbers themselves, as they are stored, in the rows' order.
   *
   * @throws ShardIncompleteError if they are not what was written.
   */
  async *numbers(file: ValueFile): AsyncGenerator<Uint8Array> {
    let parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const position of this.#rows()) {
      const next = await this.#places.read(position, file);
      parts.push(next);
      bytes += next.length;
      if (bytes < PART_BYTES) continue;
      yield parts.length === 1 ? next : Buffer.concat(parts);
      parts = [];
      bytes = 0;
    }
    if (bytes > 0) yield Buffer.concat(parts);
  }

  /** The position that has each row's numbers. */
  async *#rows(): AsyncGenerator<number> {
    this.#positions ??= await positionsOf(this.#index);
    for (let ordinal = 0; ordinal < this.#index.sequences; ordinal++)
      if (!this.#missing.has(ordinal)) yield this.#positions[ordinal]!;
  }
}

async function positionsOf(index: SequenceIndex): Promise<Uint32Array> {
  const positions = new Uint32Array(index.sequences);
  for (let bucket = 0; bucket < index.buckets; bucket++) {
    const { start, order } = await index.bucket(bucket);
    for (const [at, ordinal] of order.entries()) positions[ordinal] = start + at;
  }
  await index.eachCopy((copy, original) => {
    positions[copy] = positions[original]!;
  });
  return positions;
}
