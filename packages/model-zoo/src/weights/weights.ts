import type { StoredTensor } from '../onnx/stored-tensor.js';

/** The tensors of a checkpoint, by the names that it gives them. Only where they are: nothing is read. */
export interface Weights {
  /** What errors name: the file, or the index of several. */
  path: string;
  tensors: ReadonlyMap<string, StoredTensor>;
}
