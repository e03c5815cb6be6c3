import { centresOf, nearestCentre } from './cells.js';
import { type ComputeOptions, eachBlock, type Matrix } from './matrix.js';
import { project, shorteningAxes } from './pca.js';
import { randomOf } from './random.js';
import { chosenRows, readRows } from './sample.js';

export interface ClusterOptions extends ComputeOptions {
  /** How many clusters at most. Default: 10. */
  clusters?: number;
  /** Rows from which the centres are computed at most. Default: 20,000. */
  sample?: number;
}

/** Principal components that stand for a row. */
const COMPONENTS = 20;

/**
 * The cluster of each row, from 0, [rows]: k-means on the 20 principal components. The centres come from a seeded sample; every
 * row goes to its nearest centre. Cluster 0 is the largest. Reads the matrix three times.
 *
 * @throws the signal's reason; RangeError for a count below 1, or more than 65,536 clusters.
 */
export async function clusters(matrix: Matrix, options: ClusterOptions = {}): Promise<Uint16Array> {
  const { clusters: wanted = 10, sample = 20_000, seed = 1, signal, onProgress } = options;
  if (!(wanted >= 1 && wanted <= 65_536 && sample >= 1))
    throw new RangeError('clusters must be from 1 to 65,536, and sample at least 1');
  const of = new Uint16Array(matrix.rows);
  if (matrix.rows === 0 || matrix.dim === 0) return of;
  const axes = await shorteningAxes(matrix, {
    components: COMPONENTS,
    seed,
    ...(signal && { signal }),
    onProgress: (done) => onProgress?.(done * 0.4),
  });
  const random = randomOf(seed);
  const chosen = chosenRows(matrix.rows, sample, random);
  const rows = await readRows(matrix, chosen, options, [0.4, 0.6]);
  const width = axes.count;
  const points = new Float32Array(chosen.length * width);
  project(axes, rows, chosen.length, points, width);
  const centres = centresOf(points, width, wanted, random);
  const counts = new Float64Array(centres.length / width);
  let reduced = new Float32Array(0);
  await eachBlock(matrix, options, [0.6, 1], (data, first, count) => {
    if (reduced.length < count * width) reduced = new Float32Array(count * width);
    project(axes, data, count, reduced, width);
    for (let row = 0; row < count; row++) {
      const cell = nearestCentre(centres, width, reduced, row * width);
      of[first + row] = cell;
      counts[cell]!++;
    }
  });
  const order = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]!);
  const rank = new Uint16Array(order.length);
  for (const [place, cell] of order.entries()) rank[cell] = place;
  return of.map((cell) => rank[cell]!);
}
