/** The first NaN or infinity of a row: its column and value. */
export interface NonFiniteRow {
  row: number;
  column: number;
  value: number;
}

/**
 * Finds the rows that contain NaN or an infinity, each with the first such column.
 *
 * @param rows row-major [n, dim].
 */
export function nonFiniteRows(rows: Float32Array, dim: number): NonFiniteRow[] {
  const found: NonFiniteRow[] = [];
  for (let at = 0; at < rows.length; at++) {
    const value = rows[at]!;
    // Zero for a finite number, NaN otherwise.
    if (value - value === 0) continue;
    const row = Math.floor(at / dim);
    found.push({ row, column: at - row * dim, value });
    at = (row + 1) * dim - 1;
  }
  return found;
}
