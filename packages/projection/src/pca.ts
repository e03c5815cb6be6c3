import { type ComputeOptions, eachBlock, type Matrix } from './matrix.js';
import { type Axes, FEW_ROUNDS, principalAxes, ROUNDS } from './principal-axes.js';
import { randomOf } from './random.js';
import { chosenRows, readRows } from './sample.js';

export interface PcaOptions extends ComputeOptions {
  /** How many components. Default: 2. */
  components?: number;
  /** Rows from which the axes are computed at most. Default: as many as fit into 32 MiB. All rows are projected. */
  sample?: number;
  /** Hears the axes, once they are known; of `pca`. */
  onAxes?: (axes: Axes) => void;
}

/** Bytes of sampled rows. */
const SAMPLE_BYTES = 32 << 20;

/**
 * The principal axes of a matrix, from all its rows, or from a seeded sample of them if there are more than `sample`. Reads the
 * matrix once.
 *
 * @throws the signal's reason; RangeError for a count below 1.
 */
export function pcaAxes(matrix: Matrix, options: PcaOptions = {}): Promise<Axes> {
  return axesOf(matrix, options, ROUNDS);
}

/** Axes on which rows keep their distances nearly, for what goes on from there. Quicker than the axes of most variance. */
export function shorteningAxes(matrix: Matrix, options: PcaOptions): Promise<Axes> {
  return axesOf(matrix, options, FEW_ROUNDS);
}

async function axesOf(matrix: Matrix, options: PcaOptions, rounds: number): Promise<Axes> {
  const { dim, rows } = matrix;
  const { components = 2, seed = 1, sample = sampleOf(dim), onProgress } = options;
  if (!(components >= 1 && sample >= 1)) throw new RangeError('components and sample must be at least 1');
  const random = randomOf(seed);
  const some = await readRows(matrix, chosenRows(rows, sample, random), options, [0, 0.6]);
  const onRound = (share: number) => onProgress?.(0.6 + 0.4 * share);
  const axes = principalAxes(some, dim, components, random, onRound, rounds);
  onProgress?.(1);
  return axes;
}

const sampleOf = (dim: number) => Math.max(1000, Math.floor(SAMPLE_BYTES / 4 / Math.max(1, dim)));

/**
 * The coordinates of all rows on the principal axes, row-major [rows, components]. The axes come from a sample if the matrix is
 * large (see {@link pcaAxes}); every row is projected on them exactly. A matrix of fewer columns than components has zeros behind.
 * Reads the matrix twice; needs memory for the sample and what it returns.
 *
 * @throws as {@link pcaAxes}.
 */
export async function pca(matrix: Matrix, options: PcaOptions = {}): Promise<Float32Array> {
  const { components = 2, onProgress, onAxes } = options;
  const axes = await pcaAxes(matrix, { ...options, onProgress: (done) => onProgress?.(done * 0.6) });
  onAxes?.(axes);
  const all = new Float32Array(matrix.rows * components);
  await eachBlock(matrix, options, [0.6, 1], (data, first, rows) => {
    project(axes, data, rows, all.subarray(first * components), components);
  });
  return all;
}

/** Writes the coordinates of rows on the axes, row-major [rows, width]. */
export function project(axes: Axes, data: Float32Array, rows: number, to: Float32Array, width: number): void {
  const { mean, dim, count } = axes;
  const row = new Float64Array(dim);
  for (let at = 0; at < rows; at++) {
    for (let column = 0; column < dim; column++) row[column] = data[at * dim + column]! - mean[column]!;
    for (let axis = 0; axis < count; axis++) {
      const start = axis * dim;
      let dot = 0;
      for (let column = 0; column < dim; column++) dot += row[column]! * axes.axes[start + column]!;
      to[at * width + axis] = dot;
    }
  }
}
