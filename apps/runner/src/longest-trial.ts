import type { Alphabet, ModelSource } from '@holdfast/gpu-runtime';

/** Residues or tokens that are tried at the most: attention costs their square, and a trial must not cost minutes. */
const MOST = 2048;
/** Residues to a token, so that even merges of many give as many tokens as the model takes. */
const RESIDUES_A_TOKEN = 8;

const LETTERS: Readonly<Record<Alphabet, string>> = { dna: 'ACGT', protein: 'ACDEFGHIKLMNPQRSTVWY' };

type Limits = Pick<
  ModelSource,
  'alphabet' | 'maxResidues' | 'maxTokens' | 'windows' | 'specialTokens' | 'recipe'
>;

/** A sequence as long as a model says that it reads, or as a trial can afford. It is always the same. */
export function longestTrial(model: Limits): string {
  const { alphabet, maxResidues, maxTokens = Number.POSITIVE_INFINITY, windows, specialTokens } = model;
  const tokens = maxTokens - specialTokens;
  const filling = tokens <= MOST ? tokens * RESIDUES_A_TOKEN : MOST;
  const length = Math.min(windows?.residues ?? maxResidues, filling);
  const letters = LETTERS[alphabet];
  // By chance, as repeats would be merged into few tokens; multiplier and increment of Numerical Recipes.
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return letters[Math.floor((state / 2 ** 32) * letters.length)];
  }).join('');
}

/** Why a model is refused that embeds short sequences, and failed on the longest. @param said what the failure says. */
export function refusedLongest(
  model: Limits & Pick<ModelSource, 'modelPath'>,
  residues: number,
  said: string,
): string {
  const key = model.recipe.tokenizer === undefined ? 'maxResidues' : 'maxTokens';
  const limit = key === 'maxTokens' ? model.maxTokens : (model.windows?.residues ?? model.maxResidues);
  const reads =
    limit === undefined || limit === Number.POSITIVE_INFINITY
      ? 'any length'
      : `${limit} ${key === 'maxTokens' ? 'tokens' : 'residues'}`;
  return `${model.modelPath}: embeds short sequences, but fails on one of ${residues} residues (${said}), though it is said to read ${reads}; if its graph has no positions for so many, say how many it has: a smaller ${key} in holdfast.json (beside an exported model: { "format": 1, "${key}": N })`;
}
