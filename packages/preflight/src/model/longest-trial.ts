import { type Alphabet, allowedResidues, type ModelSource, tokensAreExact } from '@holdfast/gpu-runtime';

/** The most residues or tokens to test: attention costs their square, and a trial must not take minutes. */
const MOST = 2048;
/** Residues per token, so even tokens of many residues fill the model. */
const RESIDUES_A_TOKEN = 8;
/** Residues in the sample that counts tokens. */
const SAMPLE = 64;

const PLAIN: Readonly<Record<Alphabet, string>> = { dna: 'ACGT', protein: 'ACDEFGHIKLMNPQRSTVWY' };

type Limits = Pick<
  ModelSource,
  'alphabet' | 'maxResidues' | 'maxTokens' | 'windows' | 'specialTokens' | 'recipe'
>;

/**
 * A sequence as long as a model claims to read, or as a trial can afford. It is always the same: pseudo-random plain residues,
 * or one or two alternating residues if these make more tokens.
 *
 * @param counts counts the tokens of sequences, special ones included; absent: use plain residues.
 */
export function longestTrial(model: Limits, counts?: (sequences: readonly string[]) => number[]): string {
  const { alphabet, maxResidues, maxTokens = Number.POSITIVE_INFINITY, windows, specialTokens } = model;
  const tokens = Math.min(maxTokens - specialTokens, MOST);
  const limit = windows?.residues ?? maxResidues;
  const dense = counts && !tokensAreExact(model) ? densest(model, counts) : undefined;
  if (dense !== undefined) {
    const length = Math.min(limit, Math.ceil(tokens / dense.tokensAResidue));
    return dense.letters.repeat(length).slice(0, length);
  }
  return plainOf(
    alphabet,
    Math.min(limit, tokens === maxTokens - specialTokens ? tokens * RESIDUES_A_TOKEN : MOST),
  );
}

/** Pseudo-random residues, since a tokenizer would merge repeats into few tokens. */
function plainOf(alphabet: Alphabet, length: number): string {
  const letters = PLAIN[alphabet];
  // Multiplier and increment of Numerical Recipes.
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return letters[Math.floor((state / 2 ** 32) * letters.length)];
  }).join('');
}

/** The one or two alternating residues that make the most tokens; undefined if random ones make as many. */
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
    // A residue makes at most one token.
    if (most === 1) break;
    const found = shares(candidates.map((each) => each.repeat(SAMPLE).slice(0, SAMPLE)));
    for (const [i, share] of found.entries()) if (share > most) [most, best] = [share, candidates[i]];
  }
  return best === undefined ? undefined : { letters: best, tokensAResidue: most };
}

/** The refusal of a model that embeds short sequences, but failed on the longest. */
export function refusedLongest(
  model: Limits & Pick<ModelSource, 'modelPath'>,
  residues: number,
  errorText: string,
): string {
  const key = tokensAreExact(model) ? 'maxResidues' : 'maxTokens';
  const limit = key === 'maxTokens' ? model.maxTokens : (model.windows?.residues ?? model.maxResidues);
  const reads =
    limit === undefined || limit === Number.POSITIVE_INFINITY
      ? 'any length'
      : `${limit} ${key === 'maxTokens' ? 'tokens' : 'residues'}`;
  return `${model.modelPath}: embeds short sequences, but fails on one of ${residues} residues (${errorText}), although it claims to read ${reads}; if its graph has fewer positions, set their number: a smaller ${key} in holdfast.json (beside an exported model: { "format": 1, "${key}": N })`;
}
