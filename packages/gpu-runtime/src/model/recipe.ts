import type { TokenizerFiles } from '../tokens/tokenizer-files.js';

/**
 * How token vectors are pooled into a row:
 * `mean` their mean over the residues, without special tokens and padding (as VirNucPro does for ESM-2);
 * `mean_tokens` their mean over all tokens, without padding only (as VirNucPro does for DNABERT-S);
 * `cls` the vector of the first token, which must be a special one;
 * `max` the maximum of each number over the residues;
 * `none` the graph returns rows itself.
 */
export type Pooling = (typeof POOLINGS)[number];
export const POOLINGS = ['none', 'mean', 'mean_tokens', 'cls', 'max'] as const;

/** Rows that are made beside the usual ones. */
export interface RowOutput {
  /** Names its file, such as `cls.layer_33`. */
  name: string;
  /** The graph's output, [n, tokens, dim]. */
  of: string;
  pooling: Pooling;
  dim: number;
}

/** Numbers of each token, without the special tokens. */
export interface TokenOutput {
  /** Names its file, such as `per_token.layer_33`. */
  name: string;
  /** The graph's output, [n, tokens, dim]. */
  of: string;
  dim: number;
}

/** A number for each pair of tokens, without the special tokens. */
export interface PairOutput {
  /** Names its file. */
  name: string;
  /** The graph's output, [n, tokens, tokens] without the special tokens. */
  of: string;
}

/** What is computed beside the rows, in the same pass. */
export interface MoreOutputs {
  rows?: readonly RowOutput[];
  tokens?: readonly TokenOutput[];
  pairs?: readonly PairOutput[];
}

/** How residues become tokens and the output becomes rows: everything the graph does not declare. */
export interface ModelRecipe {
  /** Element type of the token input, and of the other inputs if there are any. */
  idType: 'int32' | 'int64';
  /** Token of each byte of a sequence, 256 entries; empty if a tokenizer makes the tokens. */
  table: readonly number[];
  /** A token that adjacent residues share: a stretch of them makes it once. Absent: no residues share one. */
  fused?: number;
  /**
   * Tokens of several residues, with their IDs. From left to right, the longest one that matches is taken; where none
   * matches, a residue's token comes from `table`. Absent: each residue is a token.
   */
  pieces?: readonly (readonly [piece: string, id: number])[];
  /** Token that pads sequences to the longest of their batch. */
  padding: number;
  /** Tokens before and after the residues. */
  prefix: readonly number[];
  suffix: readonly number[];
  /** Fewest tokens the graph needs; a narrower batch is padded. */
  minimumTokens: number;
  /**
   * Names of the inputs, all [n, tokens]: tokens, mask (1 for a token, 0 for padding), token types (zeros).
   */
  inputs: { ids: string; mask?: string; types?: string };
  /** The output's name; it is [n, dim] if `pooling` is `none`, else [n, tokens, dim]. */
  output: { name: string; pooling: Pooling };
  /** What is computed beside these rows. Absent: nothing. */
  more?: MoreOutputs;
  /**
   * Each call of the model takes one sequence, without padding: the graph has no mask, or scales that it makes from
   * all numbers of a call. A row then cannot depend on other sequences. Absent: a call takes a batch.
   */
  singly?: true;
  /** The tokenizer, if it makes the tokens. */
  tokenizer?: TokenizerFiles;
}

/** No token is negative. */
export const NO_TOKEN = -1;

/** Whether a token may be several residues. */
export const joinsResidues = ({ tokenizer, pieces }: Pick<ModelRecipe, 'tokenizer' | 'pieces'>): boolean =>
  tokenizer !== undefined || pieces !== undefined;

/** A recipe's table of 256 entries: `ids` for the characters it names, `other` for every other byte. */
export function tokenTable(ids: ReadonlyMap<string, number>, other: number): number[] {
  const table = new Array<number>(256).fill(other);
  for (const [residue, id] of ids) table[residue.charCodeAt(0)] = id;
  return table;
}
