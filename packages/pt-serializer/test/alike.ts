import { LazyTensor } from '../src/tensors/lazy-tensor.js';
import { PtTensor } from '../src/tensors/pt-value.js';
import { PtOrderedDict } from '../src/values.js';

/**
 * A written or read value in a comparable form: tensors as their facts and bytes, others with their class.
 */
export async function alike(value: unknown): Promise<unknown> {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : value;
  if (value instanceof PtTensor) {
    const { dtype, shape, stride, offset, requiresGrad, parameter } = value;
    const bytes = Buffer.from(elements(value)).toString('hex');
    return { dtype, shape, stride, offset, requiresGrad, parameter, bytes };
  }
  if (value instanceof LazyTensor) {
    const { dtype, shape, stride, offset, requiresGrad, parameter } = value;
    const bytes = Buffer.from(await value.readBytes()).toString('hex');
    return { dtype, shape, stride, offset, requiresGrad, parameter, bytes };
  }
  if (typeof value !== 'object' || value === null) return value;
  const type = value.constructor.name;
  if (Array.isArray(value)) return [type, ...(await Promise.all(value.map(alike)))];
  if (value instanceof Map) {
    const attributes = value instanceof PtOrderedDict ? await alike(value.attributes) : null;
    return [type, attributes, await Promise.all([...value].map(alike))];
  }
  if (value instanceof Set) return [type, await Promise.all([...value].map(alike))];
  if (value instanceof Uint8Array) return [type, Buffer.from(value).toString('hex')];
  return [type, await Promise.all(Object.values(value).map(alike))];
}

/** The bytes of a tensor's elements, row-major, copied one by one. */
function elements({ shape, stride, offset, storage, byteLength }: PtTensor): number[] {
  const { buffer, byteOffset } = storage.data as Uint8Array;
  const count = shape.reduce((product, size) => product * size, 1);
  const width = count === 0 ? 0 : byteLength / count;
  let places = [offset];
  for (const [axis, size] of shape.entries())
    places = places.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * stride[axis]!));
  return places.flatMap((at) => [...new Uint8Array(buffer, byteOffset + at * width, width)]);
}
