import type { Bucket, SequenceIndex } from './index-store/sequence-index.js';

/** Size of the parts, in bytes, in which a reordered bucket's rows are yielded. */
const PART_BYTES = 4 << 20;

/**
 * Restores the rows of distinct sequences from the plan's order to the input's. A bucket in input order passes straight through. Any
 * other is collected first, so memory holds at most one bucket's rows.
 *
 * @param rows all rows by position, whole rows in each part, row-major.
 * @param dim numbers in a row.
 * @param missing positions without a row.
 * @returns these rows by ordinal; each part is valid until the next is requested.
 */
export async function* inInputOrder(
  rows: AsyncIterable<Float32Array>,
  dim: number,
  index: Pick<SequenceIndex, 'bucketAt'>,
  missing: ReadonlySet<number> = new Set(),
): AsyncGenerator<Float32Array> {
  const step = dim * Math.max(1, Math.floor(PART_BYTES / (dim * Float32Array.BYTES_PER_ELEMENT)));
  let collected = new Float32Array(0);
  let end = 0;
  let inOrder = true;
  let places = new Uint32Array(0);
  /** Rows of the bucket that have arrived. */
  let row = 0;
  for await (const part of rows) {
    for (let at = 0; at < part.length; ) {
      // Skip a bucket without any row.
      while (row === places.length) {
        const bucket = await index.bucketAt(end);
        places = placesIn(bucket, missing);
        end = bucket.start + bucket.order.length;
        inOrder = bucket.inInputOrder;
        row = 0;
      }
      const count = Math.min(places.length - row, (part.length - at) / dim);
      const here = part.subarray(at, at + count * dim);
      at += here.length;
      if (inOrder) {
        row += count;
        yield here;
        continue;
      }
      const length = places.length * dim;
      if (collected.length < length) collected = new Float32Array(length);
      for (let i = 0; i < count; i++, row++)
        collected.set(here.subarray(i * dim, (i + 1) * dim), places[row]! * dim);
      if (row < places.length) continue;
      for (let from = 0; from < length; from += step)
        yield collected.subarray(from, Math.min(length, from + step));
    }
  }
}

/** For each row of a bucket, in order of arrival: its rank in input order. */
function placesIn(
  { first, end, start, order }: Bucket,
  missing: ReadonlySet<number>,
): Uint32Array<ArrayBuffer> {
  const there = missing.size === 0 ? order : order.filter((_, at) => !missing.has(start + at));
  if (there.length === end - first) return order.map((ordinal) => ordinal - first);
  const placeOf = new Uint32Array(end - first);
  there.toSorted().forEach((ordinal, place) => {
    placeOf[ordinal - first] = place;
  });
  return there.map((ordinal) => placeOf[ordinal - first]!);
}
