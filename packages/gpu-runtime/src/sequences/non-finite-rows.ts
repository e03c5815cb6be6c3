/** The first NaN or infinity of a row: its column and value. */
export interface NonFiniteRow {
  row: number;
  column: number;
  value: number;
}

/**
 * Finds the rows that hold NaN or an infinity, each with the first column that does.
 *
 * @param rows row-major [n, dim].
 */
export function nonFiniteRows(rows: Float32Array, dim: number): NonFiniteRow[] {
  const found: NonFiniteRow[] = [];
  for (let at = 0; at < rows.length; at++) {
    const value = rows[at]!;
    // Zero for every finite number, NaN for the others.
    if (value - value === 0) continue;
    const row = Math.floor(at / dim);
    found.push({ row, column: at - row * dim, value });
    at = (row + 1) * dim - 1;
  }
  return found;
}
