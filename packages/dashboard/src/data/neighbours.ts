import type { RowReader } from '@holdfast/result';

/** A row, and its cosine distance to the one that was asked about. */
export interface Near {
  row: number;
  distance: number;
}

/**
 * The rows that are nearest to one by cosine distance, the nearest first, without itself. Exact: every row is compared, a few MiB
 * at a time. Equal distances come in the rows' order. The distances are those of `@holdfast/neighbours`, which is not used here
 * since it needs ONNX Runtime.
 */
export async function nearest(
  rows: RowReader,
  row: number,
  count: number,
  signal: AbortSignal,
): Promise<Near[]> {
  const { dim } = rows;
  const query = await rows.read(row, row + 1);
  const own = query.reduce((sum, value) => sum + value * value, 0);
  const found: Near[] = [];
  for await (const { first, rows: some, data } of rows.blocks()) {
    signal.throwIfAborted();
    for (let at = 0; at < some; at++) {
      let [dot, square] = [0, 0];
      for (let column = 0, place = at * dim; column < dim; column++, place++) {
        const value = data[place]!;
        dot += value * query[column]!;
        square += value * value;
      }
      // A row of zeros has no direction. For equal rows the root is exact, so their distance is 0.
      const distance =
        own === 0 || square === 0 ? 1 : Math.min(2, Math.max(0, 1 - dot / Math.sqrt(own * square)));
      if (found.length === count && distance >= found.at(-1)!.distance) continue;
      if (first + at === row) continue;
      let place = found.length;
      while (place > 0 && found[place - 1]!.distance > distance) place--;
      found.splice(place, 0, { row: first + at, distance });
      if (found.length > count) found.pop();
    }
  }
  return found;
}
