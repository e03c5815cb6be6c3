import { STORAGE_BOUND } from '@holdfast/checkpoint';
import { type ModelSource, type NonFiniteRow, nonFiniteRows, type TokenValues } from '@holdfast/gpu-runtime';

/** The rows with a number that cannot be kept: NaN, an infinity, or one that is too large for how numbers are stored. */
export function unfitRows(
  { rows, values = [] }: { rows: Float32Array; values?: readonly TokenValues[] },
  { dim, dtype }: Pick<ModelSource, 'dim' | 'dtype'>,
): NonFiniteRow[] {
  const bound = STORAGE_BOUND[dtype ?? 'float32'];
  const found = nonFiniteRows(rows, dim, bound);
  const known = new Set(found.map(({ row }) => row));
  for (const [row, { data }] of values.entries()) {
    if (known.has(row) || data.length === 0) continue;
    // Numbers of tokens are counted behind those of the row.
    const [fault] = nonFiniteRows(data, data.length, bound);
    if (fault !== undefined) found.push({ row, column: dim + fault.column, value: fault.value });
  }
  return found.sort((a, b) => a.row - b.row);
}

/** What a user can do about numbers that are finite, but too large; null for others. */
export const tooLarge = (value: number, { dtype }: Pick<ModelSource, 'dtype'>): string | null =>
  Number.isFinite(value) ? `${dtype} cannot hold it; --dtype float32 can` : null;
