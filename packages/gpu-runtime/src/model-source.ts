import { checkOptions, required, whole } from '@holdfast/options';
import type { Alphabet } from './alphabet.js';
import type { ModelRecipe } from './recipe.js';
import { mayCountTokens, recipeFacts, tokenFacts } from './source-checks.js';
import { type Windows, windowCount } from './windows.js';

/** What is known of a model before it is loaded: enough to plan a run, and to tell whether an older run used the same. */
export interface ModelSource {
  name: string;
  /** Absolute path of the model's folder. */
  folder: string;
  /** Absolute path of its `model.onnx`. */
  modelPath: string;
  alphabet: Alphabet;
  /** Numbers in a row. */
  dim: number;
  /** What each number is, where the model says; `dim` names. */
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

/**
 * Tokens that a sequence of so many residues takes in a batch, padding not counted: exactly, where a residue is a token. Of ESM,
 * adjacent residues that its vocabulary lacks are one token, and are counted here as many, which a batch has room for.
 * Where a tokenizer makes the tokens, several residues are one, and this is an upper bound; `embed` pads a batch to the
 * tokens it really has.
 *
 * @throws RangeError for what is no number of residues, TypeError for what is no model source (`code` is `invalid_option`).
 */
export function tokensOf(
  source: Pick<ModelSource, 'maxResidues' | 'maxTokens' | 'windows' | 'specialTokens'>,
  residues: number,
): number {
  // Asked of every sequence that is planned: no more than this when all is well.
  if (!Number.isSafeInteger(residues) || residues < 0)
    checkOptions('tokensOf', residues, required(whole(0)), 'residues');
  if (!mayCountTokens(source)) checkOptions('tokensOf', source, required(tokenFacts), 'source');
  const { maxResidues, maxTokens = Number.POSITIVE_INFINITY, windows, specialTokens } = source;
  const each = (read: number) => Math.min(read + specialTokens, maxTokens);
  if (windows === undefined) {
    const tokens = each(Math.min(residues, maxResidues));
    // Numbers alone may still be NaN or negative.
    if (!(tokens >= 0)) checkOptions('tokensOf', source, required(tokenFacts), 'source');
    return tokens;
  }
  const full = windowCount(windows, residues) - 1;
  const last = residues - full * (windows.residues - windows.overlap);
  return full * each(windows.residues) + each(last);
}

/**
 * Whether `tokensOf` tells the tokens exactly, residues that a vocabulary lacks left aside; else they are that many at the most.
 *
 * @throws TypeError for what is no model source (`code` is `invalid_option`).
 */
export function tokensAreExact(source: Pick<ModelSource, 'recipe'>): boolean {
  checkOptions('tokensAreExact', source, recipeFacts, 'source');
  return source.recipe.tokenizer === undefined;
}
