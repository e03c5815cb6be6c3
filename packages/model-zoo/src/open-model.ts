import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { bertGraph } from './families/bert/bert.js';
import { bertTokens } from './families/bert/vocabulary.js';
import type { Config } from './families/check-config.js';
import { checkPlaces, checkRows } from './families/config-keys.js';
import { dnabert2Graph } from './families/dnabert2/dnabert2.js';
import { ESM_TOKENS, ESMC_TOKENS, esmcTokens } from './families/esm/alphabet.js';
import { esmConfig } from './families/esm/config.js';
import { openFairEsm } from './families/esm/fair-esm.js';
import { esmGraph } from './families/esm/graph.js';
import { esmWeights } from './families/esm/weights.js';
import { esmcFolderGraph, esmcGraph } from './families/esmc/esmc.js';
import { t5Tokens } from './families/t5/pieces.js';
import { t5Graph } from './families/t5/t5.js';
import type { LetterTokens } from './letters.js';
import type { Encoder } from './onnx/encoder.js';
import { shown } from './shown.js';
import { UnsupportedModelError } from './unsupported-model-error.js';
import { NamedTensors } from './weights/named-tensors.js';
import { hasWeights, openWeights, openWeightsFile } from './weights/open-weights.js';
import { openPtWeights, SAVE_PRETRAINED } from './weights/pt-weights.js';
import { readSmallFile } from './weights/small-file.js';
import type { Weights } from './weights/weights.js';
import { WeightsError } from './weights/weights-error.js';

/** A model that was built from its weights. */
export interface PublishedModel {
  /** Its family, as in `FAMILIES`. */
  family: string;
  encoder: Encoder;
  /** Null: the folder's own `vocab.txt` of an ESM, or its `tokenizer.json`. */
  tokens: LetterTokens | null;
  /** Most tokens that it was made for, special ones included; Infinity if its positions have no end. */
  maxTokens: number;
  /** How its authors make rows: the mean over residues, or over all tokens with the special ones. */
  pooling: 'mean' | 'mean_tokens';
  /**
   * The `pad_token_id` in its configuration, if positions are counted from it: a token of that ID is not counted, so no
   * other than padding may have it. Absent: positions do not depend on IDs.
   */
  positionPadding?: number;
}

/** What can be built, as errors name it. */
export const FAMILIES = [
  'ESM-2 and ESM-1b',
  'ESM C',
  'Nucleotide Transformer v2',
  'DNABERT-2 and DNABERT-S',
  'ProtT5',
  'ProtBERT and other BERT and RoBERTa encoders of single residues',
] as const;

/** The `model_type` in the `config.json` of each family. */
const MODEL_TYPES = ['esm', 'esmc', 't5', 'bert', 'roberta'];

/** Why weights with this `config.json` cannot be built, as far as its `model_type` tells; null if they may be. */
export function unknownType(config: unknown): string | null {
  const type = (config as Config | null)?.['model_type'];
  if (typeof type === 'string' && MODEL_TYPES.includes(type)) return null;
  return `has the model type ${shown(type)}, which is not known; known are ${FAMILIES.join('; ')}`;
}

/** ESM-1b and ESM-2 were trained on crops of 1,022 residues, ESM C on 2,048 tokens. */
const ESM_LENGTH = 1024;
const ESMC_LENGTH = 2048;

const CONFIG = 'config.json';
/** Where ESM C's own download has its file. */
const ESMC_PLACE = join('data', 'weights');

/** Whether a folder holds published weights, as files of weights with a `config.json`, or as ESM C's download. */
export function hasPublishedModel(folder: string): boolean {
  return (existsSync(join(folder, CONFIG)) && hasWeights(folder)) || esmcFile(folder) !== null;
}

/**
 * Builds the graph of a published model, without reading its weights.
 *
 * @param path a folder as Hugging Face lays it out; a `.pt` of fair-esm; a `.pth` of ESM C, or the folder of its
 * download; a `.safetensors` or `.bin` in such a folder.
 * @throws UnsupportedModelError for a kind of model that is not known; ModelConfigError if its configuration asks for
 * something that the graph does not do; WeightsError for files that are damaged or do not belong to it; PtFormatError
 * for a damaged `.pt` or `.bin`.
 */
export async function openModel(path: string): Promise<PublishedModel> {
  const at = resolve(path);
  if (statSync(at).isDirectory()) {
    const esmc = existsSync(join(at, CONFIG)) ? null : esmcFile(at);
    return esmc === null ? openFolder(at) : openEsmc(await openPtWeights(esmc));
  }
  // A file of Hugging Face's is nothing without the configuration beside it.
  if (/\.(safetensors|bin)$/.test(at) && existsSync(join(dirname(at), CONFIG)))
    return openFolder(dirname(at), await openWeightsFile(at));
  if (/\.(pt|pth|bin)$/.test(at)) return openPtFile(at);
  if (at.endsWith('.safetensors'))
    throw new UnsupportedModelError(at, `holds weights without the ${CONFIG} that belongs beside it`);
  throw new UnsupportedModelError(at, 'is not a file of weights');
}

async function openPtFile(path: string): Promise<PublishedModel> {
  const fairEsm = await openFairEsm(path);
  if (fairEsm !== null) {
    const { config, weights, regression } = fairEsm;
    const encoder = esmGraph(config, esmWeights(weights, config, regression));
    return { family: 'ESM-2', encoder, tokens: ESM_TOKENS, maxTokens: ESM_LENGTH, pooling: 'mean' };
  }
  const weights = await openPtWeights(path).catch((error: unknown) => {
    if (error instanceof WeightsError) return null;
    throw error;
  });
  if (weights !== null && new NamedTensors(weights).has('transformer.norm.weight')) return openEsmc(weights);
  if (weights !== null && weights.tensors.size > 0) throw weightsAlone(path, weights);
  throw new UnsupportedModelError(
    path,
    "holds no model that can be built from one file: neither fair-esm's ESM-2 nor ESM C",
  );
}

/** The error for a bare state dict, which does not say what model it is of. */
function weightsAlone(path: string, { tensors }: Weights): UnsupportedModelError {
  const isFairEsm = [...tensors.keys()].some((name) => /(^|\.)layers\.\d+\.fc1\./.test(name));
  return new UnsupportedModelError(
    path,
    'holds weights alone, without the configuration of their model',
    isFairEsm ? 'give the .pt that fair-esm downloads, which has it' : `${SAVE_PRETRAINED}; ${FROM_ONE_FILE}`,
  );
}

const FROM_ONE_FILE = "only fair-esm's ESM-2 and ESM C are built from one file";

function openEsmc(weights: Weights): PublishedModel {
  return {
    family: 'ESM C',
    encoder: esmcGraph(weights),
    tokens: ESMC_TOKENS,
    maxTokens: ESMC_LENGTH,
    pooling: 'mean',
  };
}

/** The one `.pth` in the folder of ESM C's download, or null. */
function esmcFile(folder: string): string | null {
  const place = join(folder, ESMC_PLACE);
  if (!existsSync(place)) return null;
  const [name, ...others] = readdirSync(place).filter((each) => each.endsWith('.pth'));
  return name === undefined || others.length > 0 ? null : join(place, name);
}

async function openFolder(folder: string, given?: Weights): Promise<PublishedModel> {
  const path = join(folder, CONFIG);
  const config = readConfig(path);
  const type = config['model_type'];
  const weights = given ?? (await openWeights(folder));
  if (type === 'esm') {
    const read = esmConfig(path, config);
    if (read.positions === 'absolute') checkPlaces(path, 'ESM', config, weights);
    const found = esmWeights(weights, read);
    checkRows(path, config, {
      vocab_size: found.embedding,
      ...(found.positions === null ? {} : { max_position_embeddings: found.positions }),
    });
    const encoder = esmGraph(read, found);
    const family = read.gated === null ? 'ESM' : 'Nucleotide Transformer v2';
    const places = config['max_position_embeddings'];
    return {
      family,
      encoder,
      tokens: null,
      maxTokens: typeof places === 'number' ? places - read.padToken - 1 : ESM_LENGTH,
      pooling: read.gated === null ? 'mean' : 'mean_tokens',
      ...(read.positions === 'absolute' ? { positionPadding: read.padToken } : {}),
    };
  }
  if (type === 'esmc') {
    const encoder = esmcFolderGraph(path, config, weights);
    return { family: 'ESM C', encoder, tokens: esmcTokens(folder), maxTokens: ESMC_LENGTH, pooling: 'mean' };
  }
  if (type === 't5') {
    const encoder = t5Graph(path, config, weights);
    const tokens = t5Tokens(folder);
    return { family: 'ProtT5', encoder, tokens, maxTokens: Number.POSITIVE_INFINITY, pooling: 'mean' };
  }
  if (type === 'bert' && config['alibi_starting_size'] != null) {
    const encoder = dnabert2Graph(path, config, weights);
    const maxTokens = Number.POSITIVE_INFINITY;
    return { family: 'DNABERT-2', encoder, tokens: null, maxTokens, pooling: 'mean_tokens' };
  }
  if (type === 'bert' || type === 'roberta') {
    const { tokens: maxTokens, encoder, positionPadding } = bertGraph(path, config, weights);
    return {
      family: 'BERT',
      encoder,
      tokens: bertTokens(folder),
      maxTokens,
      pooling: 'mean',
      ...(positionPadding === null ? {} : { positionPadding }),
    };
  }
  throw new UnsupportedModelError(path, `names the model type ${shown(type)}, which is not known`);
}

function readConfig(path: string): Config {
  const what = (error: unknown) => `is not a JSON object (${(error as Error).message})`;
  try {
    const value: unknown = JSON.parse(readSmallFile(path).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Config;
    throw new Error(`it is ${basename(path)} of another kind`);
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    throw new WeightsError('weights_format', path, what(error), { cause: error });
  }
}
