import { setImmediate as turn } from 'node:timers/promises';
import { squared } from './cells.js';
import type { ComputeOptions } from './matrix.js';

/** Points between two reports of progress. */
const EVERY = 250;

/**
 * The nearest neighbours of each point among all, exactly: the point itself first, at distance 0. Ten thousand points of 30
 * columns take a few seconds of one core, which is less than umap-js takes to find them nearly, and it can say how far it is.
 *
 * @param points row-major [count, width].
 * @throws the signal's reason.
 */
export async function sampledNeighbours(
  points: Float32Array,
  width: number,
  neighbours: number,
  { signal, onProgress }: ComputeOptions,
): Promise<{ indices: number[][]; distances: number[][] }> {
  const count = points.length / width;
  const indices: number[][] = [];
  const distances: number[][] = [];
  for (let at = 0; at < count; at++) {
    if (at % EVERY === 0) {
      onProgress?.(at / count);
      // Lets an abort in.
      await turn();
      signal?.throwIfAborted();
    }
    const [near, far] = [[at], [0]];
    for (let other = 0; other < count; other++) {
      if (other === at) continue;
      const enough = near.length < neighbours ? Number.POSITIVE_INFINITY : far.at(-1)!;
      const distance = squared(points, at * width, points, other * width, width, enough);
      if (distance >= enough) continue;
      let place = near.length;
      while (place > 1 && far[place - 1]! > distance) place--;
      near.splice(place, 0, other);
      far.splice(place, 0, distance);
      if (near.length > neighbours) {
        near.pop();
        far.pop();
      }
    }
    indices.push(near);
    distances.push(far.map(Math.sqrt));
  }
  return { indices, distances };
}
