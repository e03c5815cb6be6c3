import { LazyTensor, openPt } from '@holdfast/pt-serializer';
import type { ElementType, StoredTensor } from '../onnx/stored-tensor.js';
import { type Weights, wrongType } from './weights.js';
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
  return { path, ...tensorsOf(path, file.value) };
}

/** @param state names and tensors. @throws WeightsError */
export function tensorsOf(path: string, state: unknown): Required<Pick<Weights, 'tensors' | 'others'>> {
  if (!(state instanceof Map)) throw new WeightsError('weights_format', path, 'holds no state dict');
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  for (const [name, tensor] of state) {
    if (typeof name !== 'string') continue;
    if (!(tensor instanceof LazyTensor)) {
      others.set(name, 'is no tensor');
      continue;
    }
    const type = TYPES[tensor.dtype];
    const range = tensor.fileRange;
    if (type === undefined) others.set(name, wrongType(tensor.dtype));
    else if (range === null)
      others.set(name, 'is a view that is not stored row by row in one piece; save it after .contiguous()');
    else tensors.set(name, { type, shape: tensor.shape, file: path, ...range });
  }
  return { tensors, others };
}
