import { LazyTensor, openPt } from '@holdfast/pt-serializer';
import type { ElementType, StoredTensor } from '../onnx/graph-builder.js';
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
 * The tensors of a file of PyTorch, where they are: a plain state dict (`pytorch_model.bin`, ESM C's `.pth`).
 *
 * @throws WeightsError; PtFormatError for a file that is damaged or holds something else than data.
 */
export async function openPtWeights(path: string): Promise<Weights> {
  await using file = await openPt(path, { checksums: 'never' });
  if (!(file.value instanceof Map)) throw new WeightsError('weights_format', path, 'holds no state dict');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of file.value) {
    if (typeof name !== 'string' || !(tensor instanceof LazyTensor)) continue;
    const type = TYPES[tensor.dtype];
    const range = tensor.fileRange;
    if (type === undefined) continue;
    if (range === null)
      throw new WeightsError('weights_format', path, `'${name}' is not stored row by row in one piece`);
    tensors.set(name, { type, shape: tensor.shape, file: path, ...range });
  }
  return { path, tensors };
}
