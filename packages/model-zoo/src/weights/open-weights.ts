import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { StoredTensor } from '../onnx/graph-builder.js';
import { openSafetensors } from './safetensors.js';
import type { Weights } from './weights.js';
import { WeightsError } from './weights-error.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The weights in a folder as Hugging Face lays it out: one `model.safetensors`, or several that an index lists.
 *
 * @throws WeightsError
 */
export function openWeights(folder: string): Weights {
  const single = resolve(folder, SINGLE);
  if (existsSync(single)) return { path: single, tensors: openSafetensors(single).tensors };
  const index = resolve(folder, INDEX);
  if (existsSync(index)) return openSharded(folder, index);
  throw new WeightsError('weights_missing', resolve(folder), `has neither ${SINGLE} nor ${INDEX}`);
}

function openSharded(folder: string, path: string): Weights {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new WeightsError('weights_format', path, `is not valid JSON (${(error as Error).message})`, {
      cause: error,
    });
  }
  const parsed = indexSchema.safeParse(json);
  if (!parsed.success) throw new WeightsError('weights_format', path, 'has no weight_map of names to files');
  const map = parsed.data.weight_map;
  const tensors = new Map<string, StoredTensor>();
  for (const name of new Set(Object.values(map))) {
    if (!/^[^/\\\0]+$/.test(name) || /^\.{1,2}$/.test(name))
      throw new WeightsError(
        'weights_format',
        path,
        `names ${JSON.stringify(name)}, which is not a file beside it`,
      );
    const shard = openSafetensors(resolve(join(folder, name)));
    for (const [tensor, stored] of shard.tensors) {
      if (map[tensor] === name) tensors.set(tensor, stored);
    }
  }
  for (const [tensor, name] of Object.entries(map)) {
    if (!tensors.has(tensor))
      throw new WeightsError('weights_missing', path, `says that '${tensor}' is in ${name}, which lacks it`);
  }
  return { path, tensors };
}
