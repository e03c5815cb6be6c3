import { parentPort, workerData } from 'node:worker_threads';
import { type Axes, clusters, pca, umap, varianceShares } from '@holdfast/projection';
import { openResult } from '@holdfast/result';
import type { MapAnswer, MapJob } from './map-job.js';

// A map takes seconds to minutes of one core; meanwhile the server has to answer.

const { folder, from, what } = workerData as MapJob;
const post = (answer: MapAnswer) => parentPort!.postMessage(answer);
try {
  const result = await openResult(folder);
  await using rows = await result.rowsOf(from);
  let told = 0;
  const onProgress = (done: number) => {
    if (done - told < 0.01) return;
    told = done;
    post({ done });
  };
  const compute = { pca, umap, clusters }[what];
  let shares: number[] | null = null;
  const onAxes = (axes: Axes) => {
    shares = varianceShares(axes);
  };
  const { buffer } = await compute(rows, { onProgress, ...(what === 'pca' && { onAxes }) });
  post({ data: buffer as ArrayBuffer, shares });
} catch (error) {
  post({ error: (error as Error).message });
}
