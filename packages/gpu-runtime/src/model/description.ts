import type { ModelSource } from '../model-source.js';

/** A folder's descriptor or configuration: a model source without the fields that depend on its location. */
export type Description = Omit<
  ModelSource,
  | 'folder'
  | 'modelPath'
  | 'built'
  | 'notes'
  | 'precision'
  | 'dtype'
  | 'fingerprint'
  | 'proof'
  | 'files'
  | 'weightBytes'
  | 'specialTokens'
  | 'windows'
  | 'layer'
>;
