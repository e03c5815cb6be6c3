import { types } from 'node:util';
import { checkOptions, OptionRangeError, OptionTypeError } from '@holdfast/options';
import { isIdList, isPath } from '../argument-checks.js';
import { isMetadata, isRows, type Matrix, type RowValues } from '../write/parts.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** The called function and its path, for error messages. */
export interface Call {
  of: string;
  path: string;
}

/**
 * Checks the types of a checkpoint's parts.
 *
 * @throws RangeError and TypeError (`code` is `invalid_option`).
 */
export function checkParts(
  { of, path }: Call,
  { rows, ids, metadata }: { rows: unknown; ids: unknown; metadata: unknown },
): void {
  checkOptions(of, path, isPath, 'path');
  checkOptions(of, rows, isRows, 'embeddings');
  checkOptions(of, ids, isIdList, 'sequenceIds');
  checkOptions(of, metadata, isMetadata, 'metadata');
}

/** The shape of a checkpoint's rows. @throws RangeError unless it is `[rows, dim]` with one ID per row. */
export function checkShape(
  { of, path }: Call,
  shape: readonly number[] | undefined,
  sequenceIds: readonly string[],
): readonly [rows: number, dim: number] {
  const given = { of, option: 'embeddings.shape', given: shape };
  const sizes = Array.isArray(shape) ? (shape as readonly unknown[]) : [];
  const [rows, dim] = sizes;
  if (sizes.length !== 2 || !isSize(rows) || !isSize(dim))
    throw new OptionRangeError(`${path}: shape [${sizes.map(String).join(', ')}] is not [rows, dim]`, given);
  if (rows !== sequenceIds.length)
    throw new OptionRangeError(`${path}: ${rows} rows but ${sequenceIds.length} sequence IDs`, given);
  return [rows, dim];
}

const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) >= 0;

/** @throws RangeError for an ID that cannot be stored, and for an ID of two rows. */
export function checkIds({ of, path }: Call, sequenceIds: readonly string[]): void {
  const strange = sequenceIds.findIndex((id) => typeof id !== 'string' || LONE_SURROGATE.test(id));
  if (strange >= 0)
    throw new OptionRangeError(
      `${path}: the ID of row ${strange}, ${shownId(sequenceIds[strange])}, is not valid UTF-8 text`,
      { of, option: `sequenceIds[${strange}]`, given: sequenceIds[strange] },
    );
  if (new Set(sequenceIds).size === sequenceIds.length) return;
  const first = new Map<string, number>();
  for (const [row, id] of sequenceIds.entries()) {
    const before = first.get(id);
    if (before !== undefined)
      throw new OptionRangeError(
        `${path}: rows ${before} and ${row} have the same ID, ${JSON.stringify(id)}; give each row its own ID`,
        { of, option: `sequenceIds[${row}]`, given: id },
      );
    first.set(id, row);
  }
}

/** @throws RangeError and TypeError unless there are as many values as each row says. */
export function checkValues({ of, path }: Call, values: RowValues | undefined, rows: number): void {
  if (values === undefined) return;
  const { data, pieces, counts, tokens } = values;
  const given = { of, option: 'embeddings.values', given: values };
  if (!types.isFloat32Array(data))
    throw new OptionTypeError(`${path}: the values are not a Float32Array`, given);
  const due = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length !== rows * pieces || tokens.length !== rows || ![...counts, ...tokens].every(isSize))
    throw new OptionRangeError(
      `${path}: there are not ${pieces} counts of values and one of tokens for each of ${rows} rows`,
      given,
    );
  if (due !== data.length)
    throw new OptionRangeError(`${path}: ${data.length} values, but the rows have ${due}`, given);
}

/** Never calls an object's own toString. */
const shownId = (id: unknown) =>
  typeof id === 'string' ? JSON.stringify(id) : `a value of type ${typeof id}`;

/** @throws TypeError for anything but a Float32Array, RangeError for one of another length. */
export function checkNumbers({ of, path }: Call, data: unknown, [rows, dim]: Matrix['shape']): Float32Array {
  const given = { of, option: 'embeddings.data', given: data };
  // Not instanceof: it may come from another realm, as under some test runners.
  if (!types.isFloat32Array(data))
    throw new OptionTypeError(`${path}: the rows are not a Float32Array`, given);
  if (data.length !== rows * dim)
    throw new OptionRangeError(`${path}: shape [${rows}, ${dim}] but ${data.length} numbers`, given);
  return data;
}
