import { join } from 'node:path';
import { cacheFolder } from '@holdfast/options';
import type { BuiltGraph, Encoder } from '../onnx/encoder.js';
import { CacheError } from './cache-error.js';
import { makeConvertedFile } from './converted-file.js';

/** The version of how weights are rounded and laid out. Another version makes other files, and other models. */
export const INT8_SCHEME = 'int8 1: linear layers, symmetric per output, transposed';

/** What an int8 graph is made from. */
export interface Int8Options {
  /** The folder for converted files; it is created. Default: `int8` in Holdfast's cache. */
  folder?: string;
  /** Names the encoder's graph and weights: equal only for equal ones. Letters and digits. */
  made: string;
}

/**
 * The graph of one output or several with the linear layers of attention and feed-forward networks in int8: their weights rounded per
 * output, their inputs when they are there. Embeddings, norms, biases and attention itself stay in float32. The rounded
 * weights are new data, about a quarter of float32's size; they are written to one file in a folder, once.
 *
 * @throws RangeError for an output that is not there; WeightsError for weights that are not finite; CacheError if the folder cannot
 * take the file; what the file system throws for the weights.
 */
export async function int8Graph(
  encoder: Encoder,
  output: string | readonly string[],
  { folder = usualFolder(), made }: Int8Options,
): Promise<BuiltGraph> {
  const layout = encoder.int8Layout(`${INT8_SCHEME}; ${made}`);
  const file = join(folder, `int8-${made}.safetensors`);
  await makeConvertedFile(file, layout);
  return encoder.buildInt8(output, file, layout);
}

function usualFolder(): string {
  const cache = cacheFolder();
  if (cache === null)
    throw new CacheError(
      'HOLDFAST_CACHE',
      'int8 weights are kept in the cache of Holdfast, and this user has no home folder for it',
      'set HOLDFAST_CACHE to a folder, then rerun the same command',
      false,
    );
  return join(cache, 'int8');
}
