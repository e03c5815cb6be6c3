import type { SequenceIndex } from './index-store/index.js';

/** Rows of a window that was put in order are given on in parts of about this size, in bytes. */
const PART_BYTES = 4 << 20;

/**
 * Brings rows from the plan's order back into the input's. A window that is in input order passes through; another is
 * collected first, so memory is one window's rows.
 *
 * @param rows all rows by position, whole rows in each part, row-major.
 * @param dim numbers in a row.
 * @returns all rows by ordinal; each part is valid until the next is asked for.
 */
export async function* inInputOrder(
  rows: AsyncIterable<Float32Array>,
  dim: number,
  index: Pick<SequenceIndex, 'windowAt'>,
): AsyncGenerator<Float32Array> {
  const step = dim * Math.max(1, Math.floor(PART_BYTES / (dim * Float32Array.BYTES_PER_ELEMENT)));
  let collected = new Float32Array(0);
  let position = 0;
  for await (const part of rows) {
    for (let at = 0; at < part.length; ) {
      const { first, end, order, inInputOrder } = await index.windowAt(position);
      const next = Math.min(end, position + (part.length - at) / dim);
      const here = part.subarray(at, at + (next - position) * dim);
      at += here.length;
      if (inInputOrder) {
        position = next;
        yield here;
        continue;
      }
      const length = (end - first) * dim;
      if (collected.length < length) collected = new Float32Array(length);
      for (let row = 0; position < next; row++, position++)
        collected.set(here.subarray(row * dim, (row + 1) * dim), (order[position - first]! - first) * dim);
      if (position < end) continue;
      for (let from = 0; from < length; from += step)
        yield collected.subarray(from, Math.min(length, from + step));
    }
  }
}
