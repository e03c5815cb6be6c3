import { allocate } from '../io/allocate.js';
import { arrayOf } from './arrays.js';
import { contiguousStride, elementCount } from './dtypes.js';

/** Elements of a storage, from element `offset` on, `stride` elements apart. */
export interface View {
  offset: number;
  shape: readonly number[];
  stride: readonly number[];
}

/** Bytes of a storage held in memory at a time. */
const WINDOW = 1 << 24;
/** The longest gap to read through; past a longer one, a separate read is cheaper. */
const GAP = 1 << 17;

/** One dimension: its size, and its strides, in elements, in the storage and in the result. */
interface Axis {
  size: number;
  from: number;
  to: number;
}

/**
 * Gathers the elements of a non-contiguous view, row-major, `width` bytes each. Walks the storage in its own
 * order, in windows that are each read once: a transposed matrix costs as much as a row-major one, and a
 * column of a large matrix does not take its memory. Only a view whose elements overlap is held whole.
 */
export async function gather(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  { offset, shape, stride }: View,
  width: number,
  windowBytes = WINDOW,
): Promise<Uint8Array> {
  const out = allocate(elementCount(shape) * width);
  const to = contiguousStride(shape);
  const axes = shape
    .map((size, i) => ({ size, from: stride[i]!, to: to[i]! }))
    .filter(({ size }) => size > 1)
    .sort((a, b) => b.from - a.from);
  const window = overlaps(axes) ? Number.POSITIVE_INFINITY : windowBytes / width;
  const part = async (axes: readonly Axis[], from: number, to: number): Promise<void> => {
    const reach = extent(axes);
    if (reach <= window || axes.length === 0) {
      scatter(await read(from * width, reach * width), out, width, axes, to);
      return;
    }
    const [outer, ...inner] = axes as [Axis, ...Axis[]];
    const each = extent(inner);
    const apart = (outer.from - each) * width > GAP;
    const together = apart ? 1 : Math.max(1, Math.floor((window - each) / outer.from) + 1);
    for (let i = 0; i < outer.size; i += together) {
      const size = Math.min(together, outer.size - i);
      const within = size === 1 ? inner : [{ ...outer, size }, ...inner];
      await part(within, from + i * outer.from, to + i * outer.to);
    }
  };
  await part(axes, offset, 0);
  return out;
}

/** Elements of the storage from the first of these to the last. */
function extent(axes: readonly Axis[]): number {
  return axes.reduce((sum, { size, from }) => sum + (size - 1) * from, 1);
}

/** Whether a step along an axis lands within the reach of the axes inside it. */
function overlaps(axes: readonly Axis[]): boolean {
  return axes.some(({ from }, i) => from > 0 && from < extent(axes.slice(i + 1)));
}

/** Copies the elements of the axes to their places, the first to element `start`. */
function scatter(
  bytes: Uint8Array,
  out: Uint8Array,
  width: number,
  axes: readonly Axis[],
  start: number,
): void {
  // Copy bits, not floats, which may lose a NaN's payload.
  const dtype = width === 1 ? 'uint8' : width === 2 ? 'int16' : 'int32';
  const source = arrayOf(dtype, bytes);
  const target = arrayOf(dtype, out);
  const units = width / target.BYTES_PER_ELEMENT;
  const last = axes.at(-1) ?? { size: 1, from: 0, to: 0 };
  const run = (from: number, to: number) => {
    const [fromStep, toStep] = [last.from * units, last.to * units];
    for (let i = 0, f = from * units, t = to * units; i < last.size; i++, f += fromStep, t += toStep)
      for (let u = 0; u < units; u++) target[t + u] = source[f + u]!;
  };
  const walk = (axis: number, from: number, to: number): void => {
    if (axis >= axes.length - 1) return run(from, to);
    const { size, from: fromStep, to: toStep } = axes[axis]!;
    for (let i = 0; i < size; i++) walk(axis + 1, from + i * fromStep, to + i * toStep);
  };
  walk(0, 0, start);
}
