import { type ModelSource, tokensAreExact } from '@holdfast/gpu-runtime';

/** The cost of batches. */
export interface Padding {
  /** Tokens of all sequences. */
  tokens: number;
  /** Tokens of all batches, each padded to its longest sequence. */
  padded_tokens: number;
  /** The share of `padded_tokens` that is padding, from 0 to 1, to four digits. */
  padding_share: number;
  /** Present if a token may be several residues: both numbers are then upper bounds. */
  tokens_at_most?: true;
}

/** What the batches of a plan cost a model. One that takes a sequence a call pads none of them. */
export function paddingOf(
  model: Pick<ModelSource, 'recipe'>,
  { tokens, padded_tokens }: Pick<Padding, 'tokens' | 'padded_tokens'>,
): Padding {
  return padding(tokens, model.recipe.singly ? tokens : padded_tokens, tokensAreExact(model));
}

/**
 * Tokens with and without padding, and the share that is padding.
 *
 * @param exact whether a token is one residue.
 */
export function padding(tokens: number, paddedTokens: number, exact: boolean): Padding {
  const share = paddedTokens === 0 ? 0 : 1 - tokens / paddedTokens;
  return {
    tokens,
    padded_tokens: paddedTokens,
    padding_share: Math.round(share * 1e4) / 1e4,
    ...(exact ? {} : { tokens_at_most: true }),
  };
}
