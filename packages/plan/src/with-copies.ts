import type { SequenceIndex } from './index-store/sequence-index.js';

/** Size of the parts, in bytes, that are yielded. */
const PART_BYTES = 256 * 1024;

/** Has the row of an earlier sequence for its copies. */
export interface KeptRows {
  /** Called with the row of each distinct sequence, in input order. */
  keep(ordinal: number, row: Float32Array): void;
  /** The row of a sequence that has copies. @param row receives it. */
  read(ordinal: number, row: Float32Array): void;
  /** Awaited after each few rows. */
  settle(): Promise<void>;
}

/**
 * Adds the rows of copies to those of the distinct sequences.
 *
 * @param rows the rows of distinct sequences in input order, whole rows in each part, row-major.
 * @param dim numbers in a row.
 * @param missing ordinals without a row, copies included.
 * @param kept has the rows that copies need.
 * @returns all rows by ordinal; each part is valid until the next is requested.
 */
export async function* withCopies(
  rows: AsyncIterable<Float32Array>,
  dim: number,
  index: Pick<SequenceIndex, 'buckets' | 'bucket'>,
  missing: ReadonlySet<number>,
  kept: KeptRows,
): AsyncGenerator<Float32Array> {
  const distinct = eachRow(rows, dim);
  const out = new Float32Array(
    dim * Math.max(1, Math.floor(PART_BYTES / (dim * Float32Array.BYTES_PER_ELEMENT))),
  );
  let filled = 0;
  try {
    for (let bucket = 0; bucket < index.buckets; bucket++) {
      const { first, end, originals } = await index.bucket(bucket);
      for (let ordinal = first; ordinal < end; ordinal++) {
        if (missing.has(ordinal)) continue;
        const original = originals?.[ordinal - first] ?? ordinal;
        const here = out.subarray(filled, filled + dim);
        if (original === ordinal) {
          const next = distinct.next() ?? (await distinct.more());
          here.set(next);
          kept.keep(ordinal, here);
        } else kept.read(original, here);
        filled += dim;
        if (filled < out.length) continue;
        await kept.settle();
        yield out;
        filled = 0;
      }
    }
    // What comes after the last row counts: there its checkpoint is compared with its checksum.
    await distinct.end();
    if (filled > 0) yield out.subarray(0, filled);
  } finally {
    await distinct.stop();
  }
}

/** Hands out rows one by one, without a promise for each. */
function eachRow(rows: AsyncIterable<Float32Array>, dim: number) {
  const parts = rows[Symbol.asyncIterator]();
  let part: Float32Array = new Float32Array(0);
  let at = 0;
  const next = (): Float32Array | null => {
    if (at >= part.length) return null;
    at += dim;
    return part.subarray(at - dim, at);
  };
  return {
    /** The next row, or null if the part at hand has no more. */
    next,
    /** The first row of the next part. */
    async more(): Promise<Float32Array> {
      const { value, done } = await parts.next();
      if (done) throw new RangeError('there are fewer rows than distinct sequences');
      [part, at] = [value, 0];
      return next()!;
    },
    /** Reads on to the end. */
    async end(): Promise<void> {
      if (next() !== null || !(await parts.next()).done)
        throw new RangeError('there are more rows than distinct sequences');
    },
    /** Frees what the rows are read from, if the end was not reached. */
    async stop(): Promise<void> {
      await parts.return?.();
    },
  };
}
