import { type ComputeOptions, eachBlock, type Matrix } from './matrix.js';

/**
 * `count` of the numbers below `rows`, ascending: one at random from each of `count` equal parts, so a file that is sorted by
 * anything is sampled evenly. All of them if there are no more.
 */
export function chosenRows(rows: number, count: number, random: () => number): Uint32Array {
  if (rows <= count) return Uint32Array.from({ length: rows }, (_, row) => row);
  return Uint32Array.from({ length: count }, (_, part) => {
    const first = Math.floor((part * rows) / count);
    const end = Math.floor(((part + 1) * rows) / count);
    return first + Math.floor(random() * (end - first));
  });
}

/** Of how many rows one must be chosen for single reads to be quicker than reading all. */
const SPARSE = 64;

/** The chosen rows, row-major [chosen, dim]. @param chosen ascending. */
export async function readRows(
  matrix: Matrix,
  chosen: Uint32Array,
  options: ComputeOptions,
  marks: readonly [number, number],
): Promise<Float32Array> {
  const { dim } = matrix;
  const data = new Float32Array(chosen.length * dim);
  if (matrix.read !== undefined && chosen.length * SPARSE < matrix.rows) {
    for (const [at, row] of chosen.entries()) {
      if (at % 256 === 0) {
        options.signal?.throwIfAborted();
        options.onProgress?.(marks[0] + ((marks[1] - marks[0]) * at) / chosen.length);
      }
      data.set(await matrix.read(row, row + 1), at * dim);
    }
    return data;
  }
  let next = 0;
  await eachBlock(matrix, options, marks, (block, first, rows) => {
    for (; next < chosen.length && chosen[next]! < first + rows; next++) {
      const at = (chosen[next]! - first) * dim;
      data.set(block.subarray(at, at + dim), next * dim);
    }
  });
  return data;
}
