import { type Check, kind } from '@holdfast/options';
import type { FingerprintProof } from './model/proven-fingerprint.js';
import type { ModelRecipe } from './model/recipe.js';
import type { StoredType } from './model/stored-type.js';
import type { Windows } from './sequences/windows.js';
import type { Alphabet } from './tokens/alphabet.js';

/** A model that is not loaded: enough to plan a run, or to compare it with the model of an older run. */
export interface ModelSource {
  name: string;
  /** Absolute path of the model's folder. */
  folder: string;
  /** Absolute path of its graph's file; of its first file of weights if the graph was built from them. */
  modelPath: string;
  /**
   * The graph, if it was built from published weights or given another output: an ONNX ModelProto, and the folder of
   * its files of weights.
   */
  built?: {
    model: Uint8Array;
    folder: string;
    files?: readonly string[];
    /** The same graph for devices that lack ONNX Runtime's own operators; built when it is first asked for. */
    readonly plain?: Uint8Array;
  };
  /**
   * What it computes in, if that is not float32 and can be compared with it: linear layers in 8-bit integers, on the CPU only; or
   * linear layers and attention in half precision.
   */
  precision?: 'int8' | 'fp16';
  alphabet: Alphabet;
  /** Numbers in a row: those of `recipe.output`, then those of each of `recipe.more.rows`. */
  dim: number;
  /** How numbers are stored, if not as float32. */
  dtype?: Exclude<StoredType, 'float32'>;
  /** A name for each of the numbers of `recipe.output`, if the model names them. */
  columns?: readonly string[];
  /** How many residues are read, from the start of a sequence; Infinity for all. */
  maxResidues: number;
  /** With a tokenizer: most tokens of a sequence or window, special ones included; the rest is dropped. */
  maxTokens?: number;
  /** How the layer of `recipe.output` is called, such as `layer_33`, if the model's layers have numbers. */
  layer?: string;
  /** How long sequences are cut into windows; then `maxResidues` is Infinity. Absent if they are not cut. */
  windows?: Windows;
  /** Special tokens added to each sequence, or to each of its windows. */
  specialTokens: number;
  /** Token budget of a batch, padding included, if the folder sets one; see {@link batchTokensOn}. */
  batchTokens?: number;
  /** Absolute paths of the files that its fingerprint is of. */
  files: readonly string[];
  /** Bytes of its graph and weights that a process holds: those on disk, or twice as many in `precision` fp16. */
  weightBytes: number;
  /** SHA-256, hex, over the graph with its weights and everything else that changes results. */
  fingerprint: string;
  /** What the files were like when they were read for the fingerprint. Absent: another process must read them too. */
  proof?: FingerprintProof;
  /** Why a row may be all zeros, if the model has a reason. */
  zeroRowMeaning?: string;
  /** Sentences for the user: what was done with the model that its files do not say. Absent if there is none. */
  notes?: readonly string[];
  /** How sequences become inputs of the graph, and outputs become rows. */
  recipe: ModelRecipe;
}

type Given = Partial<ModelSource> | null | undefined;

/** Checks the parts of a model source that a function reads; other parts may be missing. */
const source = (has: (given: NonNullable<Given>) => boolean): Check =>
  kind('the result of resolveModel', (given) => typeof given === 'object' && given !== null && has(given));

const isObject = (given: unknown) => typeof given === 'object' && given !== null;
const isCount = (given: unknown) => Number.isSafeInteger(given) && (given as number) >= 0;

/** Runs once for each sequence and takes nanoseconds: checks types only, unless there are windows. */
export const mayCountTokens = (given: Given): boolean =>
  typeof given?.maxResidues === 'number' &&
  typeof given.specialTokens === 'number' &&
  (given.maxTokens === undefined || typeof given.maxTokens === 'number') &&
  (given.windows === undefined || countsTokens(given));

function countsTokens(given: Given): boolean {
  const { maxResidues, maxTokens = 0, windows, specialTokens } = given ?? {};
  return (
    typeof maxResidues === 'number' &&
    maxResidues >= 0 &&
    typeof maxTokens === 'number' &&
    maxTokens >= 0 &&
    isCount(specialTokens) &&
    (windows === undefined ||
      (isCount(windows?.overlap) && isCount(windows.residues) && windows.residues > windows.overlap))
  );
}

const hasTokens = ({ recipe }: NonNullable<Given>) =>
  isObject(recipe) && (Array.isArray(recipe?.table) || isObject(recipe?.tokenizer));

/** For `tokensOf`. */
export const tokenFacts = source(countsTokens);

/** For functions that read only the recipe. */
export const recipeFacts = source(({ recipe }) => isObject(recipe));

/** For `loadModel`: a model source from `resolveModel`, not a name or a path. */
export const isSource = source(
  (given) => typeof given.modelPath === 'string' && typeof given.recipe === 'object',
);

/** For `letterRules`. */
export const letterFacts = source(
  (given) =>
    (given.alphabet === 'dna' || given.alphabet === 'protein') &&
    typeof given.folder === 'string' &&
    hasTokens(given),
);

/** For `tokenCounts`. */
export const encoderFacts = source(
  (given) => typeof given.folder === 'string' && isCount(given.specialTokens) && hasTokens(given),
);
