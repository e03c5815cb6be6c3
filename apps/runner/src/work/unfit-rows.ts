import { STORAGE_BOUND } from '@holdfast/checkpoint';
import { type ModelSource, nonFiniteRows, type TokenValues } from '@holdfast/gpu-runtime';
import { placeInRow, placeInValues } from './place-of-number.js';

/** A row with a number that cannot be kept. */
export interface UnfitRow {
  row: number;
  value: number;
  /** In words, such as `column 3 of cls.layer_2`. */
  place: string;
}

/** The rows with a number that cannot be kept: NaN, an infinity, or one that is too large for how numbers are stored. */
export function unfitRows(
  { rows, values = [] }: { rows: Float32Array; values?: readonly TokenValues[] },
  source: Pick<ModelSource, 'dim' | 'dtype' | 'recipe'>,
): UnfitRow[] {
  const bound = STORAGE_BOUND[source.dtype ?? 'float32'];
  const found = nonFiniteRows(rows, source.dim, bound).map(({ row, column, value }) => ({
    row,
    value,
    place: placeInRow(column, source),
  }));
  const known = new Set(found.map(({ row }) => row));
  for (const [row, { tokens, data }] of values.entries()) {
    if (known.has(row) || data.length === 0) continue;
    const [fault] = nonFiniteRows(data, data.length, bound);
    if (fault !== undefined)
      found.push({ row, value: fault.value, place: placeInValues(fault.column, tokens, source) });
  }
  return found.sort((a, b) => a.row - b.row);
}

/** What a user can do about numbers that are finite, but too large; null for others. */
export const tooLarge = (value: number, { dtype }: Pick<ModelSource, 'dtype'>): string | null =>
  Number.isFinite(value) ? `${dtype} cannot hold it; ${wider(dtype)} can` : null;

/** The types that hold larger numbers. */
export const wider = (dtype: ModelSource['dtype']): string =>
  dtype === 'float16' ? '--dtype bfloat16 or float32' : '--dtype float32';
