import { type Check, kind } from '@holdfast/options';
import type { ModelRecipe } from './model/recipe.js';
import type { Windows } from './sequences/windows.js';
import type { Alphabet } from './tokens/alphabet.js';

/** Facts about a model before it is loaded: enough to plan a run, and to check whether an older run used the same model. */
export interface ModelSource {
  name: string;
  /** Absolute path of the model's folder. */
  folder: string;
  /** Absolute path of its `model.onnx`. */
  modelPath: string;
  alphabet: Alphabet;
  /** Numbers in a row. */
  dim: number;
  /** The name of each number, if the model has names; `dim` of them. */
  columns?: readonly string[];
  /** Residues of a sequence that are read, from its start; Infinity if all are. */
  maxResidues: number;
  /** Tokens that the graph takes of one sequence or window, special ones included, where a tokenizer makes them; what is past them is left out. */
  maxTokens?: number;
  /** How long sequences are cut into windows, if they are; then `maxResidues` is Infinity. */
  windows?: Windows;
  /** Tokens added to each sequence, or to each of its windows. */
  specialTokens: number;
  /** Tokens in a batch, padding included, that suit the model as its folder says; where it says nothing see {@link batchTokensOn}. */
  batchTokens?: number;
  /** SHA-256, hex, over the graph with its weights and everything else that changes results. */
  fingerprint: string;
  /** Why a row is all zeros, where the model has a reason for it. */
  zeroRowMeaning?: string;
  /** How sequences are put into the graph, and rows taken out. */
  recipe: ModelRecipe;
}

type Given = Partial<ModelSource> | null | undefined;

/** A check of the parts of a model source that a function reads: others need not be there. */
const source = (has: (given: NonNullable<Given>) => boolean): Check =>
  kind('what resolveModel gives', (given) => typeof given === 'object' && given !== null && has(given));

const isObject = (given: unknown) => typeof given === 'object' && given !== null;
const isCount = (given: unknown) => Number.isSafeInteger(given) && (given as number) >= 0;

/** A check for every sequence, in some nanoseconds: types only, unless there are windows. */
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

/** For what asks only how tokens are made. */
export const recipeFacts = source(({ recipe }) => isObject(recipe));

/** A model source of `resolveModel`, for `loadModel`; not a name or a path. */
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
