import { type Alphabet, allowedResidues, type ModelSource } from '@holdfast/gpu-runtime';

/** Residues or tokens that are tried at the most: attention costs their square, and a trial must not cost minutes. */
const MOST = 2048;
/** Residues to a token, so that even merges of many give as many tokens as the model takes. */
const RESIDUES_A_TOKEN = 8;
/** Residues that tell how many tokens they make. */
const SAMPLE = 64;

const PLAIN: Readonly<Record<Alphabet, string>> = { dna: 'ACGT', protein: 'ACDEFGHIKLMNPQRSTVWY' };

type Limits = Pick<
  ModelSource,
  'alphabet' | 'maxResidues' | 'maxTokens' | 'windows' | 'specialTokens' | 'recipe'
>;

/**
 * A sequence as long as a model says that it reads, or as a trial can afford. It is always the same: of plain residues by
 * chance, or of one or two residues in turn where these make more tokens.
 *
 * @param counts the tokens that sequences make, special ones included; absent: the residues are plain ones.
 */
export function longestTrial(model: Limits, counts?: (sequences: readonly string[]) => number[]): string {
  const { alphabet, maxResidues, maxTokens = Number.POSITIVE_INFINITY, windows, specialTokens } = model;
  const tokens = Math.min(maxTokens - specialTokens, MOST);
  const limit = windows?.residues ?? maxResidues;
  const dense = counts && model.recipe.tokenizer && densest(model, counts);
  if (dense !== undefined) {
    const length = Math.min(limit, Math.ceil(tokens / dense.tokensAResidue));
    return dense.letters.repeat(length).slice(0, length);
  }
  return plainOf(
    alphabet,
    Math.min(limit, tokens === maxTokens - specialTokens ? tokens * RESIDUES_A_TOKEN : MOST),
  );
}

/** Residues by chance, as repeats would be merged into few tokens. */
function plainOf(alphabet: Alphabet, length: number): string {
  const letters = PLAIN[alphabet];
  // Multiplier and increment of Numerical Recipes.
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return letters[Math.floor((state / 2 ** 32) * letters.length)];
  }).join('');
}

/** The residues that make the most tokens, one or two in turn; undefined where those by chance make as many. */
function densest(
  { alphabet, specialTokens }: Limits,
  counts: (sequences: readonly string[]) => number[],
): { letters: string; tokensAResidue: number } | undefined {
  const allowed = allowedResidues(alphabet);
  const others = Array.from(allowed.keys(), (code) => String.fromCharCode(code)).filter(
    (residue, code) => allowed[code] === 1 && !PLAIN[alphabet].includes(residue),
  );
  // Gaps and stops last.
  const letters = others.filter((residue) => residue >= 'A');
  const single = [...PLAIN[alphabet], ...letters, ...others.filter((residue) => residue < 'A')];
  const pairs = single.flatMap((one, i) => single.slice(i + 1).map((other) => one + other));
  const shares = (sequences: readonly string[]) =>
    counts(sequences).map((count) => Math.min(1, (count - specialTokens) / SAMPLE));
  let [most] = shares([plainOf(alphabet, SAMPLE)]) as [number];
  let best: string | undefined;
  for (const candidates of [single, pairs]) {
    // No residue makes more tokens than one.
    if (most === 1) break;
    const found = shares(candidates.map((each) => each.repeat(SAMPLE).slice(0, SAMPLE)));
    for (const [i, share] of found.entries()) if (share > most) [most, best] = [share, candidates[i]];
  }
  return best === undefined ? undefined : { letters: best, tokensAResidue: most };
}

/** Why a model is refused that embeds short sequences, and failed on the longest. @param said what the failure says. */
export function refusedLongest(
  model: Limits & Pick<ModelSource, 'modelPath'>,
  residues: number,
  errorText: string,
): string {
  const key = model.recipe.tokenizer === undefined ? 'maxResidues' : 'maxTokens';
  const limit = key === 'maxTokens' ? model.maxTokens : (model.windows?.residues ?? model.maxResidues);
  const reads =
    limit === undefined || limit === Number.POSITIVE_INFINITY
      ? 'any length'
      : `${limit} ${key === 'maxTokens' ? 'tokens' : 'residues'}`;
  return `${model.modelPath}: embeds short sequences, but fails on one of ${residues} residues (${errorText}), though it is said to read ${reads}; if its graph has no positions for so many, say how many it has: a smaller ${key} in holdfast.json (beside an exported model: { "format": 1, "${key}": N })`;
}
