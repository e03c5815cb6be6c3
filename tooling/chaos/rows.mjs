// Rows that can be told from each other, for the writers and those who look after them.
import { readShard } from '@holdfast/checkpoint';

export const DIM = 64;
export const idOf = (ordinal) => `read_${ordinal}`;

/** The rows of `count` ordinals from `first` on, row-major. */
export function rowsOf(first, count) {
  return {
    data: Float32Array.from({ length: count * DIM }, (_, i) => first + Math.floor(i / DIM) + (i % DIM) / DIM),
    shape: [count, DIM],
  };
}

/**
 * What a resume finds: rows, valid checkpoints, and the first fault.
 *
 * @throws where a row is not what its ID and its place say.
 */
export async function resume(folder) {
  let rows = 0;
  let next = 0;
  for await (const entry of readShard(folder)) {
    if ('fault' in entry) return { rows, next, fault: entry.fault };
    const { sequenceIds, shape } = entry.checkpoint;
    const expected = rowsOf(rows, shape[0]);
    const data = await entry.checkpoint.readRows();
    if (
      sequenceIds.some((id, i) => id !== idOf(rows + i)) ||
      Buffer.compare(bytes(data), bytes(expected.data)) !== 0
    )
      throw new Error(`${entry.checkpoint.path}: mislabelled`);
    rows += shape[0];
    next++;
  }
  return { rows, next, fault: null };
}

const bytes = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);
