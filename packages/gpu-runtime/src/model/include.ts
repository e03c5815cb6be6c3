import { POOLINGS, type Pooling } from './recipe.js';

/** What can be computed beside the rows, in the same pass: rows pooled in another way, and numbers of each token or pair of tokens. */
export const INCLUDES = ['mean', 'mean_tokens', 'cls', 'max', 'per_token', 'logits', 'contacts'] as const;
export type Include = (typeof INCLUDES)[number];

/** The ways of pooling in a list of what is to be included. */
export const poolingsIn = (include: readonly Include[]): Pooling[] =>
  include.filter((each): each is Include & Pooling => (POOLINGS as readonly string[]).includes(each));
