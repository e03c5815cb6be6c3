import type { StoredTensor } from '../onnx/stored-tensor.js';

/** The tensors of a checkpoint, by the names that it gives them. Only where they are: nothing is read. */
export interface Weights {
  /** What errors name: the file, or the index of several. */
  path: string;
  tensors: ReadonlyMap<string, StoredTensor>;
  /** What else it holds, by name, and why no graph can take it: a sentence without its subject. */
  others?: ReadonlyMap<string, string>;
}

/** Why no graph takes a tensor of another type. */
export const wrongType = (type: string): string =>
  `is ${type}; float32, float16 and bfloat16 are read, and int32 and int64`;
