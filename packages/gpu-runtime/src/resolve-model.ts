import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hasPublishedModel } from '@holdfast/model-zoo';
import { checkOptions, text } from '@holdfast/options';
import { BUILT_IN, builtInFolder } from './built-in.js';
import { makesScalesOfACall } from './graph/dynamic-scales.js';
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
import { type Choices, CONFIG, readExportedFolder } from './model/exported-folder.js';
import { bytesOf, type FingerprintPart, fingerprintOf, graphParts, inOrder } from './model/fingerprint.js';
import { graphIn, noGraph } from './model/graph-file.js';
import { lacksHiddenState, withHiddenState } from './model/hidden-state.js';
import { isFile, kindAt } from './model/is-there.js';
import { layerNamed, numberedLayer } from './model/layers.js';
import { loneFile } from './model/lone-file.js';
import {
  type ModelOverrides,
  modelOverrides,
  noOverlap,
  overridden,
  wantedOutput,
  windowsOf,
} from './model/model-overrides.js';
import { refuseTokensOfWindows, withMore } from './model/more-outputs.js';
import { brokenLink, refuseEmpty } from './model/no-weights.js';
import { refuseLowered } from './model/precision.js';
import { type FingerprintProof, provenFingerprint } from './model/proven-fingerprint.js';
import { readPublished } from './model/published-model.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import { checkSession } from './onnx/session-check.js';

const GIVE = `give a folder, or one of: ${BUILT_IN.join(', ')}`;

/**
 * Finds and describes a model without loading it: reads only inputs, outputs and fingerprint. In int8 it also writes the rounded
 * weights into Holdfast's cache, unless they are there.
 *
 * @param nameOrPath a built-in model's name (`tnf`), or a folder's path. The folder has a `holdfast.json`, or
 * is an encoder exported from Hugging Face (`config.json`, `tokenizer.json` or ESM's `vocab.txt`,
 * `model.onnx` or `onnx/model.onnx`), or has the published weights of a known family, or a file is fair-esm's `.pt`
 * or ESM C's `.pth`. A `holdfast.json` that names no tokens changes settings.
 * Use `./name` for a folder with a built-in model's name.
 * @param overrides settings that replace the folder's.
 * @param known the `proof` of this model from another process of this machine: as long as its files are the same, they are not
 * read for the fingerprint. Without it, the cache is asked (`HOLDFAST_CACHE`, else `XDG_CACHE_HOME/holdfast`, else
 * `~/.cache/holdfast`).
 * @throws ModelError with a code for each cause; see {@link ModelErrorCode}. CacheError if int8 weights cannot be kept. RangeError and TypeError for
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
  const path = isBuiltIn ? builtInFolder(nameOrPath) : resolve(nameOrPath);
  const { folder, graph, modelPath, built, precision, parts, notes, ...described } = await found(
    path,
    overrides,
  );
  const { longSequences, windowOverlap, ...description } = described.description;
  const { alphabet, dim, columns, maxResidues, maxTokens, recipe } = description;
  const dtype = overrides.dtype === 'float32' ? undefined : overrides.dtype;
  const poolings = [recipe.output, ...(recipe.more?.rows ?? [])].map(({ pooling }) => pooling);
  if (poolings.includes('cls') && recipe.prefix.length === 0) {
    const what = "puts no token before a sequence, so it has no 'cls'";
    throw new ModelError('model_mismatch', modelPath, what, 'choose mean, max or mean_tokens instead');
  }
  checkSession(
    { modelPath, dim, recipe },
    { inputMetadata: graph.inputs.map(metadata), outputMetadata: graph.outputs.map(metadata) },
  );
  const windows = windowsOf(modelPath, description, { longSequences, windowOverlap });
  if (windows !== undefined) refuseTokensOfWindows(recipe.more);
  else checkOptions('resolveModel', overrides.windowOverlap, noOverlap, 'windowOverlap');
  const layer = numberedLayer(graph, recipe.output.name);
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
    dtype,
  };
  const files = parts.flatMap((part) => ('path' in part ? [part.path] : []));
  return {
    ...description,
    folder,
    modelPath,
    ...(built === undefined ? {} : { built: builtOf(built) }),
    ...(notes === undefined ? {} : { notes }),
    ...(precision === undefined ? {} : { precision }),
    ...(dtype === undefined ? {} : { dtype }),
    maxResidues: read,
    ...(layer === null ? {} : { layer }),
    ...(windows === undefined ? {} : { windows }),
    specialTokens: recipe.prefix.length + recipe.suffix.length,
    // A built-in model is small.
    ...(isBuiltIn
      ? { fingerprint: await fingerprintOf(parts, settings) }
      : await provenFingerprint(parts, settings, { known })),
    files,
    weightBytes: (await bytesOf(new Set([...files, ...(built?.files ?? [])]))) * copiesOf(precision),
  };
}

const builtOf = ({ model, folder, files, plain }: NonNullable<ModelSource['built']>) => ({
  model,
  folder,
  ...(plain === undefined ? {} : { plain }),
  ...(files === undefined ? {} : { files }),
});

/** How many times the bytes on disk a process holds: in fp16, ONNX Runtime keeps the halves beside what a CPU makes of them. */
const copiesOf = (precision: ModelSource['precision']): number => (precision === 'fp16' ? 2 : 1);

/** A described model, before settings that need the whole description. */
interface Found {
  folder: string;
  modelPath: string;
  graph: Graph;
  built?: NonNullable<ModelSource['built']>;
  notes?: readonly string[];
  precision?: 'int8' | 'fp16';
  /** What its fingerprint is of. */
  parts: FingerprintPart[];
  description: Description & LongReading;
}

async function found(path: string, overrides: ModelOverrides): Promise<Found> {
  const there = await kindAt(path);
  if (there === 'nothing')
    throw (
      (await brokenLink(path)) ??
      new ModelError('model_not_found', path, 'is neither a model folder nor a built-in model', GIVE)
    );
  if (there === 'other') {
    if (WEIGHTS.test(path)) await refuseEmpty(path);
    if (WEIGHTS.test(path)) return publishedModel(path, dirname(path), overrides);
    throw await loneFile(path);
  }
  const { precision = 'fp32' } = overrides;
  const place = await graphIn(path, precision);
  // A graph without weights beside it, or with them, is what somebody exported on purpose.
  if (place === undefined && hasPublishedModel(path)) return publishedModel(path, path, overrides);
  const kind = await kindOf(path);
  if (place === undefined) {
    if (kind === 'described') refuseLowered(path, precision);
    throw await noGraph(path, precision);
  }
  const own = readGraph(place);
  const changes = kind === 'exported with changes' ? await readChanges(path) : {};
  const asked =
    overrides.output === undefined ? changes.output?.name : layerNamed(place, own, overrides.output);
  const { singly = makesScalesOfACall(place), ...opened }: Opened =
    kind !== 'described' && lacksHiddenState(own, asked)
      ? await withHiddenState(path, place, own)
      : { graph: own, parts: graphParts(place, own.weightFiles) };
  const choices = { modelPath: place, graph: opened.graph, overrides, changes };
  const { longSequences, windowOverlap, ...described } = await describe(path, kind, choices);
  const description = withMore(place, described, overrides, opened.graph);
  const recipe = { ...description.recipe, ...(singly && { singly }) };
  return {
    folder: path,
    modelPath: place,
    ...opened,
    ...(precision === 'int8' && (await comparison(path, opened.notes))),
    description: { ...description, recipe, longSequences, windowOverlap },
  };
}

/** What a run compares an int8 graph with. */
async function comparison(
  folder: string,
  notes: readonly string[] = [],
): Promise<Pick<Found, 'precision' | 'notes'>> {
  if ((await graphIn(folder)) !== undefined) return { precision: 'int8' };
  const note = 'the folder has no float32 graph, so it was not measured what int8 costs';
  return { notes: [...notes, note] };
}

type Opened = Pick<Found, 'graph' | 'built' | 'parts' | 'notes'> & { singly?: boolean };

/** Files that may hold a whole model. */
const WEIGHTS = /\.(pt|pth|bin|safetensors)$/;

async function publishedModel(path: string, folder: string, overrides: ModelOverrides): Promise<Found> {
  const changes: ExportChanges = (await isFile(join(folder, DESCRIPTOR))) ? await readChanges(folder) : {};
  const { description, ...rest } = await readPublished(path, folder, {
    changes,
    overrides,
  });
  return { folder, ...rest, description: { ...description, ...longReading(overrides, changes) } };
}

type Kind = 'described' | 'exported' | 'exported with changes';

async function kindOf(folder: string): Promise<Kind> {
  const described = await isFile(join(folder, DESCRIPTOR));
  const exported = await isFile(join(folder, CONFIG));
  if (described) return exported && !(await namesTokens(folder)) ? 'exported with changes' : 'described';
  if (exported) return 'exported';
  const names = (await readdir(folder).catch(() => [])).sort();
  const weights = names.find((name) => name.endsWith('.pt') && !name.endsWith('-contact-regression.pt'));
  if (weights !== undefined)
    throw new ModelError(
      'model_unsupported',
      folder,
      `has neither ${DESCRIPTOR} nor ${CONFIG}, but ${weights}`,
      `give that file: ${join(folder, weights)}`,
    );
  const above = dirname(folder);
  const inside = basename(folder) === 'onnx' && (await isFile(join(above, CONFIG)));
  throw new ModelError(
    'model_unsupported',
    folder,
    `has neither ${DESCRIPTOR} nor ${CONFIG}`,
    inside
      ? `give the folder above it, which has ${CONFIG}: ${above}`
      : `write a ${DESCRIPTOR}, or copy the whole folder of an exported model`,
  );
}

async function describe(
  folder: string,
  kind: Kind,
  { overrides, ...exported }: Omit<Choices, 'wanted'> & { overrides: ModelOverrides },
): Promise<Description & LongReading> {
  const wanted = wantedOutput(exported.modelPath, overrides, exported.graph);
  if (kind === 'described') {
    const { longSequences, windowOverlap, ...description } = await readDescriptor(folder);
    return {
      ...overridden(description, wanted, exported.graph),
      ...longReading(overrides, { longSequences, windowOverlap }),
    };
  }
  const described = await readExportedFolder(folder, { ...exported, wanted });
  return { ...described, ...longReading(overrides, exported.changes) };
}

const longReading = (overrides: ModelOverrides, file: LongReading): LongReading => ({
  longSequences: overrides.longSequences ?? file.longSequences,
  windowOverlap: overrides.windowOverlap ?? file.windowOverlap,
});

const metadata = ({ name, isTensor, type, shape }: GraphValue) =>
  isTensor ? { name, isTensor, type, shape } : { name, isTensor };
