import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Work } from '../wire.js';

/** What the thread computes. */
export interface MapJob {
  folder: string;
  /** The output whose rows it reads. */
  from: string;
  what: Work['what'];
}

/** What was computed. */
export interface Computed {
  /** Float32 [rows, 2], or uint16 [rows] for clusters. */
  data: ArrayBuffer;
  /** The share of the variance that each axis of a PCA has, from 0 to 1; of others null. */
  shares: number[] | null;
}

export type MapAnswer = { done: number } | Computed | { error: string };

const threadScript = () => createRequire(import.meta.url).resolve('@holdfast/dashboard/map-thread');

/**
 * Computes a map in a thread of its own.
 *
 * @param script the thread's; replaced by tests.
 */
export function computeMap(
  job: MapJob,
  onProgress: (done: number) => void,
  signal: AbortSignal,
  script: string | URL = threadScript(),
): Promise<Computed> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(script, { name: 'holdfast-map', execArgv: [], workerData: job });
    const end = () => void thread.terminate();
    signal.addEventListener('abort', end, { once: true });
    thread.on('message', (answer: MapAnswer) => {
      if ('done' in answer) onProgress(answer.done);
      else if ('data' in answer) resolve(answer);
      else reject(new Error(answer.error));
    });
    thread.on('error', reject);
    thread.on('exit', () => {
      signal.removeEventListener('abort', end);
      reject(new Error('the thread that computed the map ended'));
    });
  });
}
