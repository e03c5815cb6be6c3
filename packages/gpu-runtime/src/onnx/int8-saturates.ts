import { int8Product } from '@holdfast/model-zoo';
import type { InferenceSession } from 'onnxruntime-node';
import { ort } from './ort.js';

/** Numbers in a sum. Kernels take several at once. */
const TERMS = 64;
/** The largest factors, which no 16-bit sum of two products can hold. */
const [UNSIGNED, SIGNED] = [255, 127];

type Open = (graph: Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>;

const answers = new WeakMap<Open, Promise<boolean>>();

/**
 * Whether ONNX Runtime's usual product of unsigned and signed 8-bit integers clips sums on this CPU, as it does on x86 with AVX2
 * or AVX-512 but without VNNI. Rows would then be wrong. Computed once in a process, by trying.
 */
export function int8Saturates(open: Open): Promise<boolean> {
  const answer = answers.get(open) ?? tryProduct(open);
  answers.set(open, answer);
  return answer;
}

async function tryProduct(open: Open): Promise<boolean> {
  const session = await open(int8Product(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const a = new ort.Tensor('uint8', new Uint8Array(16 * TERMS).fill(UNSIGNED), [16, TERMS]);
    const b = new ort.Tensor('int8', new Int8Array(TERMS * 16).fill(SIGNED), [TERMS, 16]);
    const { product } = await session.run({ a, b });
    return (product!.data as Int32Array).some((value) => value !== TERMS * UNSIGNED * SIGNED);
  } finally {
    await session.release();
  }
}
