import { mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { alike } from '../test/alike.js';
import { anyValue } from '../test/any-value.js';
import { openPt } from './open.js';
import type { LazyTensor } from './tensors/lazy-tensor.js';
import { storage, tensor } from './tensors/pt-value.js';
import { tuple } from './values.js';
import { encodePt, writePt } from './write.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pt-'));
});

test.each([2, 4] as const)(
  'with protocol %i, what is written is read back, and equal values give equal bytes',
  async (protocol) => {
    await fc.assert(
      fc.asyncProperty(anyValue(), async (value) => {
        const bytes = await encodePt(value, { protocol });
        expect(Buffer.compare(bytes, await encodePt(value, { protocol }))).toBe(0);
        await using file = await openPt(bytes, { exact: true });
        await file.verify();
        expect(await alike(file.value)).toEqual(await alike(value));
        // Writing what was read gives the same file.
        expect(Buffer.compare(await encodePt(file.value as never, { protocol }), bytes)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  },
);

test('rows are read by position', async () => {
  const path = join(folder, 'rows.pt');
  const data = Float32Array.from({ length: 300 }, (_, i) => i);
  await writeFile(path, await encodePt({ embeddings: tensor('float32', [100, 3], data) }));
  await using file = await openPt(path);
  const embeddings = (file.value as Map<string, LazyTensor>).get('embeddings')!;
  const rows = await embeddings.readRows(40, 43);
  expect(new Float32Array(rows.buffer, rows.byteOffset, 9)).toEqual(data.slice(120, 129));
  // A Buffer's slice() would share memory, contrary to its type.
  rows.slice().fill(0);
  expect(rows[3]).not.toBe(0);
  await expect(embeddings.readRows(99, 101)).rejects.toThrow(RangeError);
  expect(await embeddings.readArray(1, 3)).toEqual(data.slice(3, 9));
  expect(await embeddings.readArray()).toEqual(data);
});

test('from memory, an aligned tensor is a view of the bytes given', async () => {
  const encoded = await encodePt(tensor('float32', [4], Float32Array.of(1, 2, 3, 4)));
  for (const shift of [0, 1]) {
    const bytes = new Uint8Array(encoded.length + 64).subarray(shift, shift + encoded.length);
    bytes.set(encoded);
    await using file = await openPt(bytes);
    const array = await (file.value as LazyTensor).readArray();
    expect(array).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(array.buffer === bytes.buffer).toBe(shift === 0);
  }
});

test('any strided view gives the elements at its strides', async () => {
  const data = Int16Array.from({ length: 500 }, (_, i) => i);
  const shared = storage(1000, data);
  const view = fc.record({
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    stride: fc.array(fc.nat(30), { minLength: 4, maxLength: 4 }),
    offset: fc.nat(100),
  });
  await fc.assert(
    fc.asyncProperty(view, async ({ shape, stride: steps, offset }) => {
      const stride = steps.slice(0, shape.length);
      await using file = await openPt(await encodePt(tensor('int16', shape, shared, { stride, offset })));
      let expected = [offset];
      for (const [axis, size] of shape.entries())
        expected = expected.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * stride[axis]!));
      const read = file.value as LazyTensor;
      expect([...(await read.readArray())]).toEqual(expected);
      const [rows = 0] = shape;
      if (rows > 1)
        expect([...(await read.readArray(1, 2))]).toEqual(
          expected.slice(expected.length / rows).slice(0, expected.length / rows),
        );
    }),
    { numRuns: 500 },
  );
});

test('views share one storage, even after reading and writing again', async () => {
  const shared = storage(
    4000,
    Float32Array.from({ length: 1000 }, (_, i) => i),
  );
  const value = {
    all: tensor('float32', [10, 100], shared),
    column: tensor('float32', [10], shared, { stride: [100], offset: 7 }),
  };
  const bytes = await encodePt(value);
  expect(bytes.length).toBeLessThan(4000 + 2000);
  await using file = await openPt(bytes);
  expect(await encodePt(file.value as never)).toEqual(bytes);
  const column = (file.value as Map<string, LazyTensor>).get('column')!;
  expect([...(await column.readArray(2, 4))]).toEqual([207, 307]);
});

test('a repeated object is read as one; a list may contain itself, a tuple may not', async () => {
  const both = ['x'];
  const cycle: unknown[] = [both, tuple<unknown>(both, 1)];
  cycle.push(cycle);
  await using file = await openPt(await encodePt(cycle as never));
  const [first, [second], itself] = file.value as [string[], [string[]], unknown];
  expect(first).toBe(second);
  expect(itself).toBe(file.value);
  const list: unknown[] = [];
  list.push(tuple(list));
  await expect(encodePt(list[0] as never)).rejects.toThrow('a tuple that contains itself');
});

test('half-precision elements are exact as float32', async () => {
  const bits = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
  const value = { half: tensor('float16', [1 << 16], bits), brain: tensor('bfloat16', [1 << 16], bits) };
  await using file = await openPt(await encodePt(value));
  const found = file.value as Map<string, LazyTensor>;
  const half = await found.get('half')!.readFloat32();
  expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x8000, 0x7c00].map((i) => half[i])).toEqual([
    1,
    -2,
    65504,
    2 ** -24,
    1023 * 2 ** -24,
    -0,
    Infinity,
  ]);
  expect(half[0x7e00]).toBeNaN();
  const brain = await found.get('brain')!.readFloat32(0x3f80, 0x3f82);
  expect([...brain]).toEqual([1, 1 + 2 ** -7]);
});

test('an open file is a sink, written from its current position', async () => {
  const path = join(folder, 'handle.pt');
  const value = { rows: tensor('float32', [3], Float32Array.of(1, 2, 3)) };
  const file = await open(path, 'w');
  await writePt(file, value);
  await file.close();
  expect(Buffer.compare(await readFile(path), await encodePt(value))).toBe(0);
});
