import type { ModelRecipe, MoreOutputs } from '../model/recipe.js';

/** Numbers of a sequence that are as many as its tokens, or as the pairs of its tokens. */
export interface TokenValues {
  /** Tokens of the sequence, without the special ones. */
  tokens: number;
  /** For each of `recipe.more.tokens` [tokens, dim], then for each of `recipe.more.pairs` [tokens, tokens], row-major. */
  data: Float32Array;
}

/** How many numbers each output has for a sequence with this many tokens: those of tokens, then those of pairs. */
export const valueCounts = (
  {
    tokens = [],
    pairs = [],
  }: { tokens?: readonly { dim: number }[] | undefined; pairs?: readonly unknown[] | undefined },
  count: number,
): number[] => [...tokens.map(({ dim }) => count * dim), ...pairs.map(() => count * count)];

/** Outputs of one call of the graph by name, row-major: [n, width, dim] of tokens, [n, residues, residues] of pairs. */
export type Outputs = ReadonlyMap<string, Float32Array>;

/**
 * Takes the numbers of each sequence out of a call's outputs, without those of special tokens and padding.
 *
 * @param batch `width`: tokens of each sequence in the call, with special ones and padding; `counts`: those without.
 */
export function tokenValues(
  more: MoreOutputs,
  outputs: Outputs,
  {
    width,
    counts,
    recipe: { prefix, suffix },
  }: { width: number; counts: readonly number[]; recipe: Pick<ModelRecipe, 'prefix' | 'suffix'> },
): TokenValues[] {
  const { tokens = [], pairs = [] } = more;
  const between = width - prefix.length - suffix.length;
  return counts.map((count, row) => {
    const data = new Float32Array(valueCounts(more, count).reduce((sum, each) => sum + each, 0));
    let at = 0;
    for (const { of, dim } of tokens) {
      const first = (row * width + prefix.length) * dim;
      data.set(outputs.get(of)!.subarray(first, first + count * dim), at);
      at += count * dim;
    }
    for (const { of } of pairs) {
      const all = outputs.get(of)!;
      for (let i = 0; i < count; i++, at += count) {
        const first = (row * between + i) * between;
        data.set(all.subarray(first, first + count), at);
      }
    }
    return { tokens: count, data };
  });
}
