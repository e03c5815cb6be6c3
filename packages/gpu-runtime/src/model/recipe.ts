import type { TokenizerFiles } from '../tokens/tokenizer-files.js';

/**
 * How a sequence's row is made of its tokens' vectors:
 * `mean` over the tokens of its residues, special tokens and padding left out (as VirNucPro does for ESM-2);
 * `mean_tokens` over all its tokens, special ones too, padding left out (as VirNucPro does for DNABERT-S);
 * `cls` the vector of the first token, which has to be a special one;
 * `max` the greatest of each number over the tokens of its residues;
 * `none` the graph gives rows itself.
 */
export type Pooling = (typeof POOLINGS)[number];
export const POOLINGS = ['none', 'mean', 'mean_tokens', 'cls', 'max'] as const;

/** How residues become a model's tokens, and its output becomes rows: all that the graph itself does not say. */
export interface ModelRecipe {
  /** Element type of the token input, and of the other inputs if there are any. */
  idType: 'int32' | 'int64';
  /** Token of each byte of a sequence, 256 entries; none where a tokenizer makes the tokens. */
  table: readonly number[];
  /** Token that residues next to each other which have it make together, one for all of them. Absent: each residue makes its own. */
  fused?: number;
  /** Token that fills short sequences up to the longest of their batch. */
  padding: number;
  /** Tokens before and after the residues. */
  prefix: readonly number[];
  suffix: readonly number[];
  /** A batch narrower than this is padded to it, since the graph needs that many tokens. */
  minimumTokens: number;
  /** Names of the inputs, all [n, tokens]: tokens, mask (1 for a token, 0 for padding), token types (zeros). */
  inputs: { ids: string; mask?: string; types?: string };
  /** The output's name; it is [n, dim] if `pooling` is `none`, else [n, tokens, dim]. */
  output: { name: string; pooling: Pooling };
  /** The tokenizer, if tokens are several residues. */
  tokenizer?: TokenizerFiles;
}

/** The 256-entry table of a recipe: `ids` for the characters it names, `other` for every other byte. */
export function tokenTable(ids: ReadonlyMap<string, number>, other: number): number[] {
  const table = new Array<number>(256).fill(other);
  for (const [residue, id] of ids) table[residue.charCodeAt(0)] = id;
  return table;
}
