import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from '@holdfast/schema';
import type { StoredTensor } from '../onnx/stored-tensor.js';
import { shown } from '../shown.js';
import { UnsupportedModelError } from '../unsupported-model-error.js';
import { openPtWeights } from './pt-weights.js';
import { openSafetensors } from './safetensors.js';
import { readSmallFile } from './small-file.js';
import { type Weights, wrongType } from './weights.js';
import { WeightsError } from './weights-error.js';

type OpenFile = (path: string) => Promise<Weights> | Weights;

const safetensors: OpenFile = (path) => {
  const { tensors, others } = openSafetensors(path);
  return { path, tensors, others: new Map([...others].map(([name, type]) => [name, wrongType(type)])) };
};

/** Files of a folder in the order in which they are looked for, as Hugging Face's own loaders do. */
const PLACES: readonly [name: string, open: OpenFile][] = [
  ['model.safetensors', safetensors],
  ['model.safetensors.index.json', (path) => openSharded(path, safetensors)],
  ['pytorch_model.bin', openPtWeights],
  ['pytorch_model.bin.index.json', (path) => openSharded(path, openPtWeights)],
];

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Whether a folder has weights as Hugging Face lays them out. */
export function hasWeights(folder: string): boolean {
  return PLACES.some(([name]) => existsSync(resolve(folder, name)));
}

/**
 * The weights in a folder as Hugging Face lays it out: `model.safetensors` or `pytorch_model.bin`, whole or in several files that
 * an index lists.
 *
 * @throws WeightsError; PtFormatError for a damaged `.bin`.
 */
export async function openWeights(folder: string): Promise<Weights> {
  for (const [name, open] of PLACES) {
    const path = resolve(folder, name);
    if (existsSync(path)) return open(path);
  }
  const names = PLACES.map(([name]) => name).join(', ');
  throw new WeightsError('weights_missing', resolve(folder), `has none of ${names}`);
}

/**
 * The weights in one file, whatever else is beside it.
 *
 * @param path a `.safetensors`, or a `.bin` of PyTorch.
 * @throws UnsupportedModelError for one of several files that an index lists; WeightsError; PtFormatError.
 */
export async function openWeightsFile(path: string): Promise<Weights> {
  const folder = dirname(path);
  for (const [name] of PLACES) {
    const index = join(folder, name);
    if (!name.endsWith('.index.json') || !existsSync(index)) continue;
    if (Object.values(weightMap(index)).includes(basename(path)))
      throw new UnsupportedModelError(
        path,
        'is one of several files of a model',
        `give their folder: ${folder}`,
      );
  }
  return path.endsWith('.safetensors') ? safetensors(path) : openPtWeights(path);
}

async function openSharded(path: string, open: OpenFile): Promise<Weights> {
  const map = weightMap(path);
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  for (const name of new Set(Object.values(map))) {
    if (!/^[^/\\\0]+$/.test(name) || /^\.{1,2}$/.test(name))
      throw new WeightsError('weights_format', path, `names ${shown(name)}, which is not a file beside it`);
    const place = resolve(join(path, '..', name));
    if (!existsSync(place))
      throw new WeightsError('weights_missing', path, `names ${shown(name)}, which is not there`);
    const shard = await open(place);
    // What the index does not list counts too, as for Transformers, which loads whole files.
    const here = (tensor: string) => {
      const listed = map[tensor] ?? name;
      if (listed !== name || tensors.has(tensor) || others.has(tensor))
        throw new WeightsError(
          'weights_mismatch',
          path,
          `has '${tensor}' in ${name}, and in another file too`,
        );
    };
    for (const [tensor, stored] of shard.tensors) {
      here(tensor);
      tensors.set(tensor, stored);
    }
    for (const [tensor, why] of shard.others ?? []) {
      here(tensor);
      others.set(tensor, why);
    }
  }
  for (const [tensor, name] of Object.entries(map))
    if (!tensors.has(tensor) && !others.has(tensor))
      throw new WeightsError('weights_missing', path, `says that '${tensor}' is in ${name}, which lacks it`);
  return { path, tensors, others };
}

function weightMap(path: string): Record<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(readSmallFile(path).toString('utf8'));
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    const what = `is not valid JSON (${(error as Error).message})`;
    throw new WeightsError('weights_format', path, what, { cause: error });
  }
  const parsed = indexSchema.safeParse(json);
  if (!parsed.success) throw new WeightsError('weights_format', path, 'has no weight_map of names to files');
  return parsed.data.weight_map;
}
