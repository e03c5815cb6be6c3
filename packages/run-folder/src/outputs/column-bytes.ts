import { storedNumbers } from '@holdfast/checkpoint';
import type { StoredType } from '@holdfast/gpu-runtime';

/**
 * Some columns of rows, as they are stored: little-endian bytes.
 *
 * @param rows row-major [n, width].
 */
export function columnBytes(
  rows: Float32Array,
  { width, first, dim, dtype }: { width: number; first: number; dim: number; dtype: StoredType },
): Uint8Array {
  const { data } = storedNumbers(dim === width ? rows : columns(rows, { width, first, dim }), dtype);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function columns(
  rows: Float32Array,
  { width, first, dim }: { width: number; first: number; dim: number },
): Float32Array {
  const count = rows.length / width;
  const taken = new Float32Array(count * dim);
  for (let row = 0; row < count; row++)
    taken.set(rows.subarray(row * width + first, row * width + first + dim), row * dim);
  return taken;
}
