import { LazyTensor, openPt, PtFormatError, PtOpaque } from '@holdfast/pt-serializer';
import type { ElementType, StoredTensor } from '../onnx/stored-tensor.js';
import { UnsupportedModelError } from '../unsupported-model-error.js';
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
 * @throws UnsupportedModelError for a whole module; WeightsError; PtFormatError for a file that is damaged or holds something
 * else than data.
 */
export async function openPtWeights(path: string): Promise<Weights> {
  try {
    await using file = await openPt(path, { checksums: 'never' });
    return { path, ...tensorsOf(path, file.value) };
  } catch (error) {
    if (!(error instanceof PtFormatError && error.code === 'forbidden')) throw error;
    throw (await wholeObject(path)) ?? error;
  }
}

/** How a model of Transformers becomes a folder that can be read. */
export const SAVE_PRETRAINED =
  'if it is a model of transformers, write its folder in Python with model.save_pretrained(DIR) and tokenizer.save_pretrained(DIR), and give DIR';

/** The error for what `torch.save(model)` wrote, or null for something else. */
async function wholeObject(path: string): Promise<UnsupportedModelError | null> {
  await using file = await openPt(path, { checksums: 'never', unknown: 'opaque' });
  const { value } = file;
  if (!(value instanceof PtOpaque)) return null;
  const what = `holds a whole Python object (${value.module}.${value.name}), not weights alone; nothing in it was run`;
  const remedy = value.module.startsWith('esm.') ? 'give the .pt that fair-esm downloads' : SAVE_PRETRAINED;
  return new UnsupportedModelError(path, what, remedy);
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
