/** Rows that follow each other, to be read at once: `count` of them from `row` on, the first at place `at` of the list. */
export function adjacent(rows: readonly number[]): { at: number; row: number; count: number }[] {
  const runs: { at: number; row: number; count: number }[] = [];
  for (const [at, row] of rows.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && row === last.row + last.count) last.count++;
    else runs.push({ at, row, count: 1 });
  }
  return runs;
}
