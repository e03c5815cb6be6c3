/** The first number of a row that cannot be kept, NaN or an infinity as a rule: its column and value. */
export interface NonFiniteRow {
  row: number;
  column: number;
  value: number;
}

/**
 * Finds the rows that contain NaN or an infinity, each with the first such column.
 *
 * @param rows row-major [n, dim].
 * @param bound numbers of this size or more are found too. Default: none is too large.
 */
export function nonFiniteRows(
  rows: Float32Array,
  dim: number,
  bound: number = Number.POSITIVE_INFINITY,
): NonFiniteRow[] {
  const found: NonFiniteRow[] = [];
  for (let at = 0; at < rows.length; at++) {
    const value = rows[at]!;
    // False for NaN too.
    if (Math.abs(value) < bound) continue;
    const row = Math.floor(at / dim);
    found.push({ row, column: at - row * dim, value });
    at = (row + 1) * dim - 1;
  }
  return found;
}
