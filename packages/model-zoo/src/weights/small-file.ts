import { readFileSync, statSync } from 'node:fs';
import { WeightsError } from './weights-error.js';

/** Far above any configuration, vocabulary or index that is published. */
const MOST_BYTES = 64 * 2 ** 20;

/** Reads a file beside the weights whole. @throws WeightsError for one that is too large, or no regular file. */
export function readSmallFile(path: string): Buffer {
  const found = statSync(path);
  if (!found.isFile()) throw new WeightsError('weights_format', path, 'is not a regular file');
  if (found.size > MOST_BYTES)
    throw new WeightsError('weights_format', path, `is ${found.size} bytes long, more than ${MOST_BYTES}`);
  return readFileSync(path);
}
