import type { DType, LazyTensor } from '@holdfast/pt-serializer';
import { TOKENS, VALUE_CHECKSUMS, VALUE_COUNTS, VALUES } from '../write/value-tensors.js';

/** Where the numbers of tokens are in a checkpoint's file: in one piece, one row's behind the other's. */
export interface ValuePlace {
  dtype: DType;
  /** Offset of the first, in bytes. */
  offset: number;
  /** How many there are. */
  length: number;
}

/** What a checkpoint says of each row's numbers of tokens. */
export interface ValueTable {
  place: ValuePlace;
  /** Pieces of each row. */
  pieces: number;
  /** Numbers of each piece, [rows, pieces]. */
  counts: readonly number[];
  /** The CRC-32 of each piece, as it is stored, [rows, pieces]. */
  checksums: readonly number[];
  tokens: readonly number[];
}

const BYTES: Partial<Record<DType, number>> = { float32: 4, float16: 2, bfloat16: 2 };

/** Bytes of one number; 0 for a type that no checkpoint has. */
export const bytesOfNumber = (dtype: DType): number => BYTES[dtype] ?? 0;

/**
 * Reads a checkpoint's table of numbers of tokens.
 *
 * @returns null if it has none; what is wrong with it, if it does not agree with itself.
 * @throws PtFormatError if it is damaged.
 */
export async function valueTable(
  value: ReadonlyMap<unknown, unknown>,
  rows: number,
): Promise<ValueTable | string | null> {
  if (!value.has(VALUES)) return null;
  const values = value.get(VALUES) as LazyTensor;
  const pieces = (value.get(VALUE_COUNTS) as LazyTensor | undefined)?.shape?.[1] ?? 0;
  const lists: number[][] = [];
  for (const [key, ...due] of [
    [VALUE_COUNTS, rows, pieces],
    [TOKENS, rows],
    [VALUE_CHECKSUMS, rows, pieces],
  ] as const) {
    const tensor = value.get(key) as LazyTensor | undefined;
    if (tensor?.dtype !== 'int64' || tensor.shape.join() !== due.join())
      return `its ${key} are not whole numbers [${due.join(', ')}]`;
    lists.push(Array.from((await tensor.readArray()) as BigInt64Array, Number));
  }
  const [counts, tokens, checksums] = lists as [number[], number[], number[]];
  const length = counts.reduce((sum, count) => sum + count, 0);
  const { dtype, shape, fileRange } = values;
  if (bytesOfNumber(dtype) === 0 || shape?.length !== 1 || shape[0] !== length || !fileRange)
    return `its values are not the ${length} numbers that its rows have`;
  if (![...counts, ...tokens].every((each) => Number.isSafeInteger(each) && each >= 0))
    return 'its counts of values are not whole numbers';
  return { place: { dtype, offset: fileRange.offset, length }, pieces, counts, tokens, checksums };
}
