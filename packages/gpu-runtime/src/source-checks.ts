import { type Check, kind } from '@holdfast/options';
import type { ModelSource } from './model-source.js';

type Given = Partial<ModelSource> | null | undefined;

/** A check of the parts of a model source that a function reads: others need not be there. */
const source = (has: (given: NonNullable<Given>) => boolean): Check =>
  kind('what resolveModel gives', (given) => typeof given === 'object' && given !== null && has(given));

const isObject = (given: unknown) => typeof given === 'object' && given !== null;
const isCount = (given: unknown) => Number.isSafeInteger(given) && (given as number) >= 0;

/** What is asked of every sequence, in some nanoseconds: types, and all of it only where there are windows. */
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
