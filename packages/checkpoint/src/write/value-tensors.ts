import { crc32, type PtTensor, tensor } from '@holdfast/pt-serializer';
import { storedNumbers } from '../stored-numbers.js';
import type { RowValues, StorageType } from './parts.js';

/** The keys in a checkpoint under which the numbers of tokens are kept. */
export const VALUES = 'values';
/** How many of them each row has, int64 [rows]. */
export const VALUE_COUNTS = 'value_counts';
/** The CRC-32 of each row's, as they are stored, int64 [rows]: they are read one row at a time, from anywhere. */
export const VALUE_CHECKSUMS = 'value_crc32';
/** Tokens of each row, int64 [rows]. */
export const TOKENS = 'tokens';

/** What a checkpoint holds of numbers of tokens, as tensors. @throws RangeError for a number that the type cannot hold. */
export function valueTensors(
  { data, counts, tokens }: RowValues,
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
    [VALUE_COUNTS]: whole(counts),
    [VALUE_CHECKSUMS]: whole(sums),
    [TOKENS]: whole(tokens),
  };
}

const whole = (numbers: readonly number[]): PtTensor =>
  tensor('int64', [numbers.length], BigInt64Array.from(numbers, BigInt));
