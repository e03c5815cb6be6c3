import type { RowReader } from '@holdfast/result';

/** A row, and its cosine similarity to the one that was asked about. */
export interface Near {
  row: number;
  similarity: number;
}

/**
 * The rows that are nearest to one by cosine similarity, the nearest first, without itself. Exact: every row is compared, a few
 * MiB at a time. Equal similarities come in the rows' order.
 */
export async function nearest(
  rows: RowReader,
  row: number,
  count: number,
  signal: AbortSignal,
): Promise<Near[]> {
  const { dim } = rows;
  const query = await rows.read(row, row + 1);
  const length = Math.sqrt(query.reduce((sum, value) => sum + value * value, 0));
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
      const similarity = dot / (length * Math.sqrt(square) || 1);
      if (found.length === count && similarity <= found.at(-1)!.similarity) continue;
      if (first + at === row) continue;
      let place = found.length;
      while (place > 0 && found[place - 1]!.similarity < similarity) place--;
      found.splice(place, 0, { row: first + at, similarity });
      if (found.length > count) found.pop();
    }
  }
  return found;
}
