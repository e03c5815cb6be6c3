import type { Affine } from '../weights/named-tensors.js';
import { LOGITS } from './encoder.js';
import type { Head } from './encoder-graph.js';

/** The weights of a head for masked language modelling, as RoBERTa's. */
export interface LanguageHead {
  dense: Affine;
  norm: Affine;
  /** Weight [entries of the vocabulary, dim]. */
  decoder: Affine;
}

/** `logits`: a dense layer, GELU, a norm, and a score for each entry of the vocabulary. */
export function languageHead({ dense, norm, decoder }: LanguageHead, epsilon: number): Head {
  return (of, rows) => {
    const hidden = of.norm(of.gelu(of.linear(rows, dense)), norm, epsilon);
    const entries = decoder.weight.shape[0]!;
    return of.offer(LOGITS, of.deep(of.linear(hidden, decoder), entries), ['n', 'tokens', entries]);
  };
}
