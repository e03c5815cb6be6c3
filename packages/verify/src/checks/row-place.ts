import { storedTensors } from '@holdfast/result';
import type { FormatName, RunOutputs } from '@holdfast/run-folder';

type StoredType = NonNullable<RunOutputs['dtype']>;

/** Where the rows of a result are in its file. */
export interface RowPlace {
  /** Offset of the first row, in bytes. */
  offset: number;
  shape: readonly [rows: number, dim: number];
  /** All IDs, if the format holds them. */
  ids: readonly string[] | null;
}

/** Finds the rows in an embeddings file. @returns what is wrong with it, if it does not hold them alone. */
export async function rowPlace(
  format: FormatName,
  path: string,
  dtype: StoredType,
): Promise<RowPlace | string> {
  const stored = await storedTensors[format](path);
  if (typeof stored === 'string') return stored;
  const { embeddings, ...others } = Object.fromEntries(stored.tensors);
  const [rows, dim, ...more] = embeddings?.shape ?? [];
  if (Object.keys(others).length > 0 || embeddings?.dtype !== dtype)
    return `it does not hold a ${dtype} tensor named embeddings and no other`;
  if (rows === undefined || dim === undefined || more.length > 0) return 'its embeddings are no matrix';
  return { offset: embeddings.offset, shape: [rows, dim], ids: stored.ids };
}
