import type { ModelSource } from './model-source.js';

/** What a folder's descriptor or configuration says: a model source without what follows from its place on disk. */
export type Description = Omit<
  ModelSource,
  'folder' | 'modelPath' | 'fingerprint' | 'specialTokens' | 'windows'
>;

/** Tokens in a batch where a model names no number of its own. */
export const DEFAULT_BATCH_TOKENS = 16_384;
