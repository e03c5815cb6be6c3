import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkOptions, text } from '@holdfast/options';
import { BUILT_IN, builtInFolder } from './built-in.js';
import { type Graph, type GraphValue, readGraph } from './graph/graph-reader.js';
import type { Description } from './model/description.js';
import {
  DESCRIPTOR,
  type ExportChanges,
  type LongReading,
  namesTokens,
  readChanges,
  readDescriptor,
} from './model/descriptor.js';
import { CONFIG, readExportedFolder } from './model/exported-folder.js';
import { fingerprintOf, inOrder } from './model/fingerprint.js';
import { isFile, kindAt } from './model/is-there.js';
import { missing } from './model/model-files.js';
import {
  type ModelOverrides,
  modelOverrides,
  noOverlap,
  overridden,
  windowsOf,
} from './model/model-overrides.js';
import type { ModelRecipe } from './model/recipe.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import { checkSession } from './onnx/session-check.js';

const GIVE = `give a folder, or one of: ${BUILT_IN.join(', ')}`;
const GRAPH = 'model.onnx';
/** Most graphs that an error lists. */
const MOST_NAMED = 8;
/** Where exporters put the graph; the first one found counts. */
const PLACES = [GRAPH, join('onnx', GRAPH)];

/**
 * Finds and describes a model without loading it: reads only inputs, outputs and fingerprint.
 *
 * @param nameOrPath a built-in model's name (`tnf`), or a folder's path. The folder has a `holdfast.json`, or
 * is an encoder exported from Hugging Face (`config.json`, `tokenizer.json` or ESM's `vocab.txt`,
 * `model.onnx` or `onnx/model.onnx`), or both; then the `holdfast.json` names no tokens and changes settings.
 * Use `./name` for a folder with a built-in model's name.
 * @param overrides settings that replace the folder's.
 * @throws ModelError with a code for each cause; see {@link ModelErrorCode}. RangeError and TypeError for
 * overrides that are invalid or would have no effect (`code` is `invalid_option`).
 */
export async function resolveModel(nameOrPath: string, overrides: ModelOverrides = {}): Promise<ModelSource> {
  checkOptions('resolveModel', nameOrPath, text, 'nameOrPath');
  checkOptions('resolveModel', overrides, modelOverrides);
  // An empty path would mean the working directory.
  if (nameOrPath.trim() === '') {
    throw new ModelError('model_not_found', `'${nameOrPath}'`, 'names no model', GIVE);
  }
  const folder = BUILT_IN.includes(nameOrPath) ? builtInFolder(nameOrPath) : resolve(nameOrPath);
  const kind = await kindOf(folder);
  const modelPath = await findGraph(folder);
  const graph = readGraph(modelPath);
  const { longSequences, windowOverlap, ...description } = await describe(folder, kind, {
    modelPath,
    graph,
    overrides,
  });
  const { alphabet, dim, columns, maxResidues, maxTokens, recipe } = description;
  if (recipe.output.pooling === 'cls' && recipe.prefix.length === 0) {
    const what = "puts no token before a sequence, so pooling 'cls' has none to use";
    throw new ModelError('model_mismatch', modelPath, what, 'choose another pooling');
  }
  checkSession(
    { modelPath, dim, recipe },
    { inputMetadata: graph.inputs.map(metadata), outputMetadata: graph.outputs.map(metadata) },
  );
  const windows = windowsOf(modelPath, description, { longSequences, windowOverlap });
  if (windows === undefined)
    checkOptions('resolveModel', overrides.windowOverlap, noOverlap, 'windowOverlap');
  const { tokenizer } = recipe;
  const read = windows === undefined ? maxResidues : Number.POSITIVE_INFINITY;
  return {
    ...description,
    folder,
    modelPath,
    maxResidues: read,
    ...(windows === undefined ? {} : { windows }),
    specialTokens: recipe.prefix.length + recipe.suffix.length,
    // Omit absent settings, so models keep the fingerprints of earlier versions.
    fingerprint: await fingerprintOf(modelPath, graph.weightFiles, {
      alphabet,
      dim,
      columns,
      maxResidues: read,
      recipe: tokenizer === undefined ? recipe : { ...recipe, tokenizer: inOrder(tokenizer) },
      maxTokens,
      windows,
    }),
  };
}

type Kind = 'described' | 'exported' | 'exported with changes';

async function kindOf(folder: string): Promise<Kind> {
  const there = await kindAt(folder);
  if (there === 'other') {
    const what = 'is a file, not a model folder';
    throw new ModelError('model_not_found', folder, what, 'give the folder of the model');
  }
  if (there === 'nothing') {
    throw new ModelError('model_not_found', folder, 'is neither a model folder nor a built-in model', GIVE);
  }
  const described = await isFile(join(folder, DESCRIPTOR));
  const exported = await isFile(join(folder, CONFIG));
  if (described) return exported && !(await namesTokens(folder)) ? 'exported with changes' : 'described';
  if (exported) return 'exported';
  throw new ModelError(
    'model_unsupported',
    folder,
    `has neither ${DESCRIPTOR} nor ${CONFIG}`,
    `write a ${DESCRIPTOR}, or copy the whole folder of an exported model`,
  );
}

async function findGraph(folder: string): Promise<string> {
  for (const place of PLACES) if (await isFile(join(folder, place))) return join(folder, place);
  const others = await otherGraphs(folder);
  if (others.length === 0) throw missing(join(folder, GRAPH));
  // Don't guess: a graph in lower precision gives different rows.
  throw new ModelError(
    'model_file_missing',
    join(folder, GRAPH),
    `is missing, but the folder has ${others.join(', ')}`,
    `choose one: link it to that name (ln -s ${others[0]} ${join(folder, GRAPH)}); quantized and float16 weights give different rows than float32`,
  );
}

/** Graphs under other names, relative to the folder. */
async function otherGraphs(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const place of ['', 'onnx']) {
    const found = await readdir(join(folder, place)).catch(() => []);
    names.push(...found.filter((name) => name.endsWith('.onnx')).map((name) => join(place, name)));
  }
  return names.sort().slice(0, MOST_NAMED);
}

async function describe(
  folder: string,
  kind: Kind,
  { modelPath, graph, overrides }: { modelPath: string; graph: Graph; overrides: ModelOverrides },
): Promise<Description & LongReading> {
  const long = (file: LongReading): LongReading => ({
    longSequences: overrides.longSequences ?? file.longSequences,
    windowOverlap: overrides.windowOverlap ?? file.windowOverlap,
  });
  if (kind === 'described') {
    const { longSequences, windowOverlap, ...description } = await readDescriptor(folder);
    return { ...overridden(description, overrides, graph), ...long({ longSequences, windowOverlap }) };
  }
  const changes: ExportChanges = kind === 'exported' ? {} : await readChanges(folder);
  const exported = { modelPath, graph, changes, wanted: wanted(overrides) };
  return { ...(await readExportedFolder(folder, exported)), ...long(changes) };
}

const wanted = ({ output: name, pooling }: ModelOverrides): Partial<ModelRecipe['output']> => ({
  ...(name === undefined ? {} : { name }),
  ...(pooling === undefined ? {} : { pooling }),
});

const metadata = ({ name, isTensor, type, shape }: GraphValue) =>
  isTensor ? { name, isTensor, type, shape } : { name, isTensor };
