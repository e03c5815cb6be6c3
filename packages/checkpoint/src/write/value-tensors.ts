import { crc32, type PtTensor, tensor } from '@holdfast/pt-serializer';
import { storedNumbers } from '../stored-numbers.js';
import type { RowValues, StorageType } from './parts.js';

/** The keys in a checkpoint under which the numbers of tokens are kept. */
export const VALUES = 'values';
/** How many of them each piece of a row has, int64 [rows, pieces]. */
export const VALUE_COUNTS = 'value_counts';
/** The CRC-32 of each piece, as it is stored, int64 [rows, pieces]: pieces are read one at a time, from anywhere. */
export const VALUE_CHECKSUMS = 'value_crc32';
/** Tokens of each row, int64 [rows]. */
export const TOKENS = 'tokens';

/** What a checkpoint holds of numbers of tokens, as tensors. @throws RangeError for a number that the type cannot hold. */
export function valueTensors(
  { data, pieces, counts, tokens }: RowValues,
  storage: StorageType,
): Record<string, PtTensor> {
  const stored = storedNumbers(data, storage).data;
  let at = 0;
  const sums = counts.map((count) => {
    const part = stored.subarray(at, at + count);
    at += count;
    return crc32(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  });
  return {
    [VALUES]: tensor(storage, [stored.length], stored),
    [VALUE_COUNTS]: whole(counts, [tokens.length, pieces]),
    [VALUE_CHECKSUMS]: whole(sums, [tokens.length, pieces]),
    [TOKENS]: whole(tokens, [tokens.length]),
  };
}

const whole = (numbers: readonly number[], shape: readonly number[]): PtTensor =>
  tensor('int64', shape, BigInt64Array.from(numbers, BigInt));
