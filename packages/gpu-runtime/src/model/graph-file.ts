import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../model-error.js';
import { isFile } from './is-there.js';
import { missing } from './model-files.js';
import { noWeights } from './no-weights.js';
import { PRECISIONS, type Precision } from './precision.js';

/** The names that exporters give the graphs of a precision; the first one found counts. */
const NAMES: Readonly<Record<Precision, readonly string[]>> = {
  fp32: ['model.onnx'],
  fp16: ['model_fp16.onnx'],
  int8: ['model_quantized.onnx', 'model_int8.onnx'],
};
/** Where exporters put graphs, in the model's folder; each is searched before the next. */
const PLACES = ['', 'onnx'];
/** Most graphs that an error lists. */
const MOST_NAMED = 8;

/** Where the graph of a precision may be, relative to the model's folder, the best place first. */
export function graphPlaces(precision: Precision): string[] {
  return PLACES.flatMap((place) => NAMES[precision].map((name) => join(place, name)));
}

/**
 * The absolute path of a folder's graph in a precision, or undefined if it has none.
 *
 * @throws ModelError `model_file_missing` if its name is taken by something else or cannot be checked.
 */
export async function graphIn(folder: string, precision: Precision = 'fp32'): Promise<string | undefined> {
  for (const place of graphPlaces(precision))
    if (await isFile(join(folder, place))) return join(folder, place);
  return undefined;
}

/** The error for a folder without a graph in a precision: it lists the graphs that are there. */
export async function noGraph(folder: string, precision: Precision = 'fp32'): Promise<ModelError> {
  const wanted = join(folder, NAMES[precision][0]!);
  const others = await graphsIn(folder);
  if (others.length === 0) return (await noWeights(folder)) ?? missing(wanted);
  const known = PRECISIONS.filter((other) => graphPlaces(other).some((place) => others.includes(place)));
  const link = `link it to that name (ln -s ${others[0]} ${wanted})`;
  // Don't guess: a graph in lower precision gives different rows.
  return new ModelError(
    'model_file_missing',
    wanted,
    `is missing, but the folder has ${listed(others)}`,
    precision === 'fp32'
      ? `choose one: ${link}; quantized and float16 weights give different rows than float32`
      : known.length === 0
        ? `export it in ${precision}, or ${link}`
        : `export it in ${precision}, or choose the precision of a graph that is there: ${known.join(', ')}`,
  );
}

/** Graphs of any name, relative to the folder, sorted. */
async function graphsIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const place of PLACES) {
    const found = await readdir(join(folder, place)).catch(() => []);
    names.push(...found.filter((name) => name.endsWith('.onnx')).map((name) => join(place, name)));
  }
  return names.sort();
}

const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;
