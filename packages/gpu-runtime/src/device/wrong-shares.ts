/** How far a share may differ from the CPU's. TF32 and float16 differ by a few thousandths. */
const TOLERANCE = 0.01;

/**
 * What is wrong with a row of shares that must add up to 1, or null.
 *
 * @param right the row computed on the CPU.
 */
export function wrongShares(row: Float32Array, right: Float32Array): string | null {
  const sum = row.reduce((total, share) => total + share, 0);
  if (!(Math.abs(sum - 1) < 1e-3)) return `shares that add up to ${sum}`;
  const column = right.findIndex((share, i) => !(Math.abs(row[i]! - share) < TOLERANCE));
  return column < 0 ? null : `${row[column]} where the CPU has ${right[column]}`;
}
