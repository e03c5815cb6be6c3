import { types } from 'node:util';
import type { Matrix } from './write.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** The shape of a checkpoint's rows. @throws RangeError when it is no `[rows, dim]`, or there is not one ID a row. */
export function checkShape(
  path: string,
  shape: readonly number[] | undefined,
  sequenceIds: readonly string[],
): readonly [rows: number, dim: number] {
  const [rows, dim] = shape ?? [];
  if (shape?.length !== 2 || ![rows, dim].every((size) => Number.isSafeInteger(size) && size! >= 0))
    throw new RangeError(`${path}: shape [${shape?.join(', ') ?? ''}] is no [rows, dim]`);
  if (rows !== sequenceIds.length)
    throw new RangeError(`${path}: ${rows} rows but ${sequenceIds.length} sequence IDs`);
  return [rows!, dim!];
}

/** @throws RangeError for an ID that no file can hold. */
export function checkIds(path: string, sequenceIds: readonly string[]): void {
  const strange = sequenceIds.findIndex((id) => typeof id !== 'string' || LONE_SURROGATE.test(id));
  if (strange >= 0)
    throw new RangeError(
      `${path}: the ID of row ${strange}, ${String(sequenceIds[strange])}, is no text in UTF-8`,
    );
}

/** @throws TypeError for what is no Float32Array, RangeError for one of another length. */
export function checkNumbers(path: string, data: unknown, [rows, dim]: Matrix['shape']): Float32Array {
  // Not instanceof: it may come from another realm, as under some test runners.
  if (!types.isFloat32Array(data)) throw new TypeError(`${path}: rows that are no Float32Array`);
  if (data.length !== rows * dim)
    throw new RangeError(`${path}: shape [${rows}, ${dim}] but ${data.length} numbers`);
  return data;
}
