import { allocate } from './allocate.js';

/** Elements of a storage, from element `offset` on, `stride` elements apart. */
export interface View {
  offset: number;
  shape: readonly number[];
  stride: readonly number[];
}

/** Bytes of a storage held at once while elements are picked out of it. */
const WINDOW = 1 << 24;

/**
 * The elements of a view that is not contiguous, row-major, `width` bytes each. Reads the storage in windows, so that a
 * column of a large matrix costs neither the memory of the matrix nor one read an element where elements lie close.
 */
export async function gather(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  { offset, shape, stride }: View,
  width: number,
): Promise<Uint8Array> {
  const out = allocate(shape.reduce((count, size) => count * size, 1) * width);
  let to = 0;
  const part = async (axis: number, from: number): Promise<void> => {
    const reach = extent(shape.slice(axis), stride.slice(axis)) * width;
    if (reach <= WINDOW) {
      to = pick(await read(from * width, reach), shape, stride, axis, width, out, to);
      return;
    }
    const last = axis === shape.length - 1;
    const step = stride[axis]!;
    if (step === 0) {
      const start = to;
      await part(axis + 1, from);
      for (let i = 1, size = to - start; i < shape[axis]!; i++, to += size)
        out.copyWithin(to, start, start + size);
      return;
    }
    // Neighbours along the last axis share a window where several fit into it.
    const together = last ? Math.max(1, Math.floor(WINDOW / (step * width))) : 1;
    for (let i = 0; i < shape[axis]!; i += together) {
      if (!last) {
        await part(axis + 1, from + i * step);
        continue;
      }
      const count = Math.min(together, shape[axis]! - i);
      const bytes = await read((from + i * step) * width, ((count - 1) * step + 1) * width);
      to = pick(bytes, [count], [step], 0, width, out, to);
    }
  };
  await part(0, offset);
  return out;
}

/** Elements from the first to the last of a view. */
function extent(shape: readonly number[], stride: readonly number[]): number {
  return shape.reduce((sum, size, i) => sum + (size - 1) * stride[i]!, 1);
}

/** Copies the elements of the axes from `axis` on; returns where the next go. */
function pick(
  bytes: Uint8Array,
  shape: readonly number[],
  stride: readonly number[],
  axis: number,
  width: number,
  out: Uint8Array,
  start: number,
): number {
  const index = new Array<number>(shape.length).fill(0);
  let to = start;
  let from = 0;
  for (;;) {
    for (let i = 0; i < width; i++) out[to + i] = bytes[from * width + i]!;
    to += width;
    let at = shape.length - 1;
    for (; at >= axis; at--) {
      from += stride[at]!;
      if (++index[at]! < shape[at]!) break;
      from -= stride[at]! * shape[at]!;
      index[at] = 0;
    }
    if (at < axis) return to;
  }
}
