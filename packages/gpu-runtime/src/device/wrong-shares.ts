/** By how much a share may differ from the CPU's; with TF32 and float16 it is some thousandths. */
const TOLERANCE = 0.01;

/** The problem with a row of shares of a whole, or null. @param right the row computed on the CPU. */
export function wrongShares(row: Float32Array, right: Float32Array): string | null {
  const sum = row.reduce((total, share) => total + share, 0);
  if (!(Math.abs(sum - 1) < 1e-3)) return `shares that add up to ${sum}`;
  const column = right.findIndex((share, i) => !(Math.abs(row[i]! - share) < TOLERANCE));
  return column < 0 ? null : `${row[column]} where the CPU has ${right[column]}`;
}
