import { LazyTensor, openPt } from '@holdfast/pt-serializer';
import type { ElementType, StoredTensor } from '../onnx/stored-tensor.js';
import type { Weights } from './weights.js';
import { WeightsError } from './weights-error.js';

/** Element types of ONNX, by those of PyTorch. */
const TYPES: Readonly<Record<string, ElementType>> = {
  float32: 'float32',
  float16: 'float16',
  bfloat16: 'bfloat16',
  int64: 'int64',
  int32: 'int32',
};

/**
 * The tensors of a plain state dict that PyTorch saved, where they are: `pytorch_model.bin`, ESM C's `.pth`.
 *
 * @throws WeightsError; PtFormatError for a file that is damaged or holds something else than data.
 */
export async function openPtWeights(path: string): Promise<Weights> {
  await using file = await openPt(path, { checksums: 'never' });
  return { path, tensors: tensorsOf(path, file.value) };
}

/** @param state names and tensors; what is no tensor is passed over. @throws WeightsError */
export function tensorsOf(path: string, state: unknown): Map<string, StoredTensor> {
  if (!(state instanceof Map)) throw new WeightsError('weights_format', path, 'holds no state dict');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of state) {
    const type = tensor instanceof LazyTensor ? TYPES[tensor.dtype] : undefined;
    if (typeof name !== 'string' || !(tensor instanceof LazyTensor) || type === undefined) continue;
    const range = tensor.fileRange;
    if (range === null)
      throw new WeightsError('weights_format', path, `'${name}' is not stored row by row in one piece`);
    tensors.set(name, { type, shape: tensor.shape, file: path, ...range });
  }
  return tensors;
}
