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

export type MapAnswer = { done: number } | { data: ArrayBuffer } | { error: string };

const threadScript = () => createRequire(import.meta.url).resolve('@holdfast/dashboard/map-thread');

/**
 * Computes a map in a thread of its own: float32 [rows, 2], or uint16 [rows] for clusters.
 *
 * @param script the thread's; replaced by tests.
 */
export function computeMap(
  job: MapJob,
  onProgress: (done: number) => void,
  signal: AbortSignal,
  script: string | URL = threadScript(),
): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(script, { name: 'holdfast-map', execArgv: [], workerData: job });
    const end = () => void thread.terminate();
    signal.addEventListener('abort', end, { once: true });
    thread.on('message', (answer: MapAnswer) => {
      if ('done' in answer) onProgress(answer.done);
      else if ('data' in answer) resolve(answer.data);
      else reject(new Error(answer.error));
    });
    thread.on('error', reject);
    thread.on('exit', () => {
      signal.removeEventListener('abort', end);
      reject(new Error('the thread that computed the map ended'));
    });
  });
}
