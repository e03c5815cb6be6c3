import type { ModelSource } from '../model-source.js';

/** A folder's descriptor or configuration: a model source without what follows from its place on disk. */
export type Description = Omit<
  ModelSource,
  'folder' | 'modelPath' | 'fingerprint' | 'specialTokens' | 'windows'
>;
