import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementCount } from './dtypes.js';
import { gather, type View } from './gather.js';

/** The elements one by one, by the definition of a strided view. */
function oneByOne(bytes: Uint8Array, { offset, shape, stride }: View, width: number): Uint8Array {
  const count = elementCount(shape);
  const out = new Uint8Array(count * width);
  for (let i = 0; i < count; i++) {
    let rest = i;
    let from = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * stride[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    out.set(bytes.subarray(from * width, (from + 1) * width), i * width);
  }
  return out;
}

const view = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 40 })), { maxLength: 5 })
  .chain((axes) => fc.nat(9).map((offset) => ({ offset, axes })))
  .map(({ offset, axes }): View => {
    return { offset, shape: axes.map(([size]) => size), stride: axes.map(([, step]) => step) };
  });

test('any view, overlapping, repeated or with gaps, has the elements at its strides', async () => {
  await fc.assert(
    fc.asyncProperty(
      view,
      fc.constantFrom(1, 2, 4, 8, 16),
      fc.boolean(),
      fc.constantFrom(1, 64, 700, 1 << 24),
      async (view, width, shifted, window) => {
        const last = view.shape.reduce((sum, size, i) => sum + (size - 1) * view.stride[i]!, view.offset);
        const bytes = Uint8Array.from({ length: (last + 1) * width }, (_, i) => i * 31 + (i >> 8));
        const read = async (offset: number, length: number) => {
          expect(offset + length).toBeLessThanOrEqual(bytes.length);
          const copy = new Uint8Array(length + 1).subarray(shifted ? 1 : 0, length + (shifted ? 1 : 0));
          copy.set(bytes.subarray(offset, offset + length));
          return copy;
        };
        const found = await gather(read, view, width, window);
        expect(Buffer.compare(found, oneByOne(bytes, view, width))).toBe(0);
      },
    ),
    { numRuns: 2000 },
  );
});

test.each<[string, View]>([
  ['a transposed matrix', { offset: 0, shape: [10_000, 2560], stride: [1, 10_000] }],
  ['two long columns', { offset: 0, shape: [4_194_300, 2], stride: [1, 4_194_300] }],
  ['permuted axes', { offset: 5, shape: [100, 300, 200], stride: [1, 20_000, 100] }],
  ['every third element', { offset: 0, shape: [9_000_000], stride: [3] }],
])('of %s no byte is read twice', async (_, view) => {
  const reach = view.shape.reduce((sum, size, i) => sum + (size - 1) * view.stride[i]!, 1);
  let read = 0;
  const zeros = new Uint8Array(1 << 24);
  await gather(
    async (_, length) => {
      read += length;
      return zeros.subarray(0, length);
    },
    view,
    4,
  );
  expect(read).toBeLessThanOrEqual(reach * 4);
});

test('the bytes between distant elements are not read', async () => {
  let read = 0;
  const view = { offset: 0, shape: [64, 3], stride: [10_000_000, 1] };
  await gather(
    async (_, length) => {
      read += length;
      return new Uint8Array(length);
    },
    view,
    4,
  );
  expect(read).toBe(64 * 3 * 4);
});
