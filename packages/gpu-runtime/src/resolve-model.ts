import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type BuiltGraph, hasPublishedModel } from '@holdfast/model-zoo';
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
import { type FingerprintPart, fingerprintOf, graphParts, inOrder } from './model/fingerprint.js';
import { cachedModel, hubCache, hubModel } from './model/hub-cache.js';
import { isFile, kindAt } from './model/is-there.js';
import { missing } from './model/model-files.js';
import {
  type ModelOverrides,
  modelOverrides,
  noOverlap,
  overridden,
  windowsOf,
} from './model/model-overrides.js';
import { type FingerprintProof, provenFingerprint } from './model/proven-fingerprint.js';
import { readPublished } from './model/published-model.js';
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
 * `model.onnx` or `onnx/model.onnx`), or has the published weights of a known family, or a file is fair-esm's `.pt`
 * or ESM C's `.pth`. A `holdfast.json` that names no tokens changes settings.
 * Use `./name` for a folder with a built-in model's name. `owner/name` or `owner/name@revision` is a model of
 * the hub in the cache of Hugging Face, unless there is such a folder.
 * @param overrides settings that replace the folder's.
 * @param known the `proof` of this model from another process of this machine: as long as its files are the same, they are not
 * read for the fingerprint. Without it, the cache is asked (`HOLDFAST_CACHE`, else `XDG_CACHE_HOME/holdfast`, else
 * `~/.cache/holdfast`).
 * @throws ModelError with a code for each cause; see {@link ModelErrorCode}. RangeError and TypeError for
 * overrides that are invalid or would have no effect (`code` is `invalid_option`).
 */
export async function resolveModel(
  nameOrPath: string,
  overrides: ModelOverrides = {},
  known?: FingerprintProof,
): Promise<ModelSource> {
  checkOptions('resolveModel', nameOrPath, text, 'nameOrPath');
  checkOptions('resolveModel', overrides, modelOverrides);
  // An empty path would mean the working directory.
  if (nameOrPath.trim() === '') {
    throw new ModelError('model_not_found', `'${nameOrPath}'`, 'names no model', GIVE);
  }
  const isBuiltIn = BUILT_IN.includes(nameOrPath);
  const path = isBuiltIn ? builtInFolder(nameOrPath) : await pathOf(nameOrPath);
  const { folder, graph, modelPath, built, parts, ...described } = await found(path, overrides);
  const { longSequences, windowOverlap, ...description } = described.description;
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
  // Omit absent settings, so models keep the fingerprints of earlier versions.
  const settings = {
    alphabet,
    dim,
    columns,
    maxResidues: read,
    recipe: tokenizer === undefined ? recipe : { ...recipe, tokenizer: inOrder(tokenizer) },
    maxTokens,
    windows,
  };
  return {
    ...description,
    folder,
    modelPath,
    ...(built === undefined ? {} : { built: { model: built.model, folder: built.folder } }),
    maxResidues: read,
    ...(windows === undefined ? {} : { windows }),
    specialTokens: recipe.prefix.length + recipe.suffix.length,
    // A built-in model is small.
    ...(isBuiltIn
      ? { fingerprint: await fingerprintOf(parts, settings) }
      : await provenFingerprint(parts, settings, { known })),
  };
}

/** The path of a model that is not built in: itself, or that of a hub's model in the cache of Hugging Face. */
async function pathOf(nameOrPath: string): Promise<string> {
  const path = resolve(nameOrPath);
  const model = hubModel(nameOrPath);
  if (model === null || (await kindAt(path)) !== 'nothing') return path;
  const cache = hubCache();
  const cached = await cachedModel(model, cache);
  if (cached !== null) return cached;
  const { id, revision } = model;
  const part = revision === 'main' ? id : `${id} --revision ${revision}`;
  throw new ModelError(
    'model_not_found',
    nameOrPath,
    `is neither a folder nor in the cache of Hugging Face (${cache})`,
    `download it first (pip install huggingface_hub; hf download ${part}), or ${GIVE}`,
  );
}

/** A described model, before settings that need the whole description. */
interface Found {
  folder: string;
  modelPath: string;
  graph: Graph;
  built?: BuiltGraph;
  /** What its fingerprint is of. */
  parts: FingerprintPart[];
  description: Description & LongReading;
}

async function found(path: string, overrides: ModelOverrides): Promise<Found> {
  const there = await kindAt(path);
  if (there === 'nothing')
    throw new ModelError('model_not_found', path, 'is neither a model folder nor a built-in model', GIVE);
  if (there === 'other') {
    if (WEIGHTS.test(path)) return publishedModel(path, dirname(path), overrides);
    const what = path.endsWith('.onnx')
      ? 'is a graph, which does not say how residues become its tokens'
      : 'is a file, not a model folder';
    throw new ModelError('model_not_found', path, what, 'give the folder of the model');
  }
  const place = await graphIn(path);
  // A graph without weights beside it, or with them, is what somebody exported on purpose.
  if (place === undefined && hasPublishedModel(path)) return publishedModel(path, path, overrides);
  const kind = await kindOf(path);
  const modelPath = place ?? (await noGraph(path));
  const graph = readGraph(modelPath);
  return {
    folder: path,
    modelPath,
    graph,
    parts: graphParts(modelPath, graph.weightFiles),
    description: await describe(path, kind, { modelPath, graph, overrides }),
  };
}

/** Files that may hold a whole model. */
const WEIGHTS = /\.(pt|pth|bin|safetensors)$/;

async function publishedModel(path: string, folder: string, overrides: ModelOverrides): Promise<Found> {
  const changes: ExportChanges = (await isFile(join(folder, DESCRIPTOR))) ? await readChanges(folder) : {};
  const { description, ...rest } = await readPublished(path, folder, { changes, wanted: wanted(overrides) });
  return { folder, ...rest, description: { ...description, ...longReading(overrides, changes) } };
}

type Kind = 'described' | 'exported' | 'exported with changes';

async function kindOf(folder: string): Promise<Kind> {
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

async function graphIn(folder: string): Promise<string | undefined> {
  for (const place of PLACES) if (await isFile(join(folder, place))) return join(folder, place);
  return undefined;
}

/** @throws ModelError which names what is there instead. */
async function noGraph(folder: string): Promise<never> {
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
  if (kind === 'described') {
    const { longSequences, windowOverlap, ...description } = await readDescriptor(folder);
    return {
      ...overridden(description, overrides, graph),
      ...longReading(overrides, { longSequences, windowOverlap }),
    };
  }
  const changes: ExportChanges = kind === 'exported' ? {} : await readChanges(folder);
  const exported = { modelPath, graph, changes, wanted: wanted(overrides) };
  return { ...(await readExportedFolder(folder, exported)), ...longReading(overrides, changes) };
}

const longReading = (overrides: ModelOverrides, file: LongReading): LongReading => ({
  longSequences: overrides.longSequences ?? file.longSequences,
  windowOverlap: overrides.windowOverlap ?? file.windowOverlap,
});

const wanted = ({ output: name, pooling }: ModelOverrides): Partial<ModelRecipe['output']> => ({
  ...(name === undefined ? {} : { name }),
  ...(pooling === undefined ? {} : { pooling }),
});

const metadata = ({ name, isTensor, type, shape }: GraphValue) =>
  isTensor ? { name, isTensor, type, shape } : { name, isTensor };
