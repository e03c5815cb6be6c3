import { setImmediate as turn } from 'node:timers/promises';
import { type ComputeOptions, eachBlock, type Matrix } from './matrix.js';
import { project, shorteningAxes } from './pca.js';
import { placer } from './placer.js';
import { randomOf } from './random.js';
import { chosenRows, readRows } from './sample.js';

export interface UmapOptions extends ComputeOptions {
  /** Rows that UMAP itself lays out at most. The others are placed by their nearest sampled rows. Default: 10,000. */
  sample?: number;
  /** UMAP's number of neighbours. Default: 15, or fewer if there are fewer rows. */
  neighbors?: number;
  /** UMAP's least distance of points on the map. Default: 0.1. */
  minDist?: number;
}

/** Principal components that stand for a row: most of what distances say, at a fraction of the work. */
export const UMAP_COMPONENTS = 30;

/**
 * A UMAP of all rows, row-major [rows, 2]. The rows are first reduced to their 30 principal components. UMAP lays out a seeded
 * sample; every other row is placed by its nearest sampled rows. Reads the matrix three times; needs memory for the sample and
 * what it returns. Ten thousand rows take about half a minute of one core, so run it in a thread.
 *
 * @throws the signal's reason; RangeError for a sample below 1.
 */
export async function umap(matrix: Matrix, options: UmapOptions = {}): Promise<Float32Array> {
  const { sample = 10_000, seed = 1, neighbors = 15, minDist = 0.1, onProgress, signal } = options;
  if (!(sample >= 1)) throw new RangeError('sample must be at least 1');
  const all = new Float32Array(matrix.rows * 2);
  // UMAP needs some neighbours.
  if (matrix.rows < 4) return all.map((_, at) => (at % 2 === 0 ? at / 2 : 0));
  const axes = await shorteningAxes(matrix, {
    components: UMAP_COMPONENTS,
    seed,
    ...(signal && { signal }),
    onProgress: (done) => onProgress?.(done * 0.1),
  });
  const random = randomOf(seed);
  const chosen = chosenRows(matrix.rows, Math.max(sample, 4), random);
  const rows = await readRows(matrix, chosen, options, [0.1, 0.15]);
  const width = axes.count;
  const points = new Float32Array(chosen.length * width);
  project(axes, rows, chosen.length, points, width);

  const { UMAP } = await import('umap-js');
  const layout = new UMAP({
    random,
    nComponents: 2,
    nNeighbors: Math.max(2, Math.min(neighbors, chosen.length - 1)),
    minDist,
  });
  const epochs = layout.initializeFit(
    Array.from({ length: chosen.length }, (_, at) =>
      Array.from(points.subarray(at * width, (at + 1) * width)),
    ),
  );
  for (let epoch = 0; epoch < epochs; epoch++) {
    layout.step();
    if (epoch % 10 !== 0) continue;
    onProgress?.(0.3 + (0.5 * epoch) / epochs);
    // Lets an abort in.
    await turn();
    signal?.throwIfAborted();
  }
  const map = Float32Array.from(layout.getEmbedding().flat());
  if (chosen.length === matrix.rows) {
    all.set(map);
    onProgress?.(1);
    return all;
  }
  const place = placer(points, width, map, random);
  let reduced = new Float32Array(0);
  await eachBlock(matrix, options, [0.8, 1], (data, first, count) => {
    if (reduced.length < count * width) reduced = new Float32Array(count * width);
    project(axes, data, count, reduced, width);
    for (let row = 0; row < count; row++) place(reduced, row * width, all, (first + row) * 2);
  });
  return all;
}
