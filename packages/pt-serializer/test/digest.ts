import { createHash } from 'node:crypto';
import { LazyTensor } from '../src/tensors/lazy-tensor.js';

/** A larger tensor is not hashed: a damaged file may announce gigabytes of one repeated element. */
const READ_AT_MOST = 2 ** 24;

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/**
 * A read value in a comparable form: tensors as their facts and bytes, cycles as a word.
 */
export async function normal(value: unknown, around: readonly unknown[] = []): Promise<unknown> {
  if (value instanceof LazyTensor) {
    const { kind, dtype, shape, requiresGrad, byteLength } = value;
    const bytes = byteLength > READ_AT_MOST ? byteLength : sha256(await value.readBytes());
    return { kind, dtype, shape, requiresGrad, bytes };
  }
  if (around.includes(value)) return 'itself';
  const within = [...around, value];
  if (Array.isArray(value)) return Promise.all(value.map((item) => normal(item, within)));
  if (value instanceof Map) {
    const entries = [...value].map(async ([key, item]) => [key, await normal(item, within)] as const);
    return new Map(await Promise.all(entries));
  }
  return value;
}
