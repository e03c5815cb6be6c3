import { expect, test } from 'vitest';
import { archive, text } from '../test/archive.js';
import type { PtLimits } from './limits.js';
import { type OpenOptions, openPt } from './open.js';
import type { LazyTensor } from './tensors/lazy-tensor.js';
import { storage, tensor } from './tensors/pt-value.js';
import { PtTuple, tuple } from './values.js';
import { encodePt } from './write.js';

test.each<[keyof PtLimits, number, string]>([
  ['members', 2, 'N.'],
  ['pickleBytes', 9, `${text('12345678')}.`],
  ['opcodes', 4, 'N0N0N.'],
  ['values', 30, '(]]l.'],
  ['memo', 1, 'Nq\x00q\x01.'],
  [
    'keyComparisons',
    5,
    '}(J\x00\x00\x00\x01NG\x3f\xe0\0\0\0\0\0\0NJ\xff\xff\xff\xffN\x8a\x09\0\0\0\0\0\0\0\0\x01Nu.',
  ],
  ['depth', 2, ']]]aa.'],
  ['stringBytes', 3, `${text('1234')}.`],
  ['integerBytes', 2, '\x8a\x03abc.'],
])('limits.%s of %i is kept, and one that suffices lets the file pass', async (limit, most, pickle) => {
  const bytes = await archive(`\x80\x02${pickle}`, { 'a/byteorder': 'little' });
  await expect(openPt(bytes, { limits: { [limit]: most } })).rejects.toMatchObject({
    code: 'limit',
    message: expect.stringContaining(`limits.${limit}`),
  });
  await expect(openPt(bytes, { limits: { [limit]: 1000 } })).resolves.toBeDefined();
});

test('limits.expandedBytes bounds expanded repeated elements, not the size of a storage', async () => {
  const one = storage(100, new Uint8Array(100));
  const value = {
    repeated: tensor('uint8', [50, 100], one, { stride: [0, 1] }),
    whole: tensor('uint8', [100], one),
  };
  const open = (expandedBytes: number) =>
    encodePt(value)
      .then((bytes) => openPt(bytes, { limits: { expandedBytes } }))
      .then((file) => file.value as Map<string, LazyTensor>);
  await expect((await open(4999)).get('repeated')!.readBytes()).rejects.toMatchObject({ code: 'limit' });
  expect(await (await open(4999)).get('repeated')!.readRows(0, 49)).toHaveLength(4900);
  expect(await (await open(5000)).get('repeated')!.readBytes()).toHaveLength(5000);
  expect(await (await open(1)).get('whole')!.readBytes()).toHaveLength(100);
});

test('checksums are checked before any part of a storage is read, or when all of it is, or never', async () => {
  const bytes = Buffer.from(await encodePt(tensor('uint8', [2, 4], Buffer.from('row1row2'))));
  bytes[bytes.indexOf('row2')]! ^= 1;
  const rows = async (checksums: 'always' | 'whole' | 'never') =>
    (await openPt(bytes, { checksums })).value as LazyTensor;
  const damaged = { code: 'checksum', member: 'archive/data/0' };
  await expect((await rows('always')).readRows(0, 1)).rejects.toMatchObject(damaged);
  expect(Buffer.from(await (await rows('whole')).readRows(0, 1)).toString()).toBe('row1');
  await expect((await rows('whole')).readBytes()).rejects.toMatchObject(damaged);
  expect(await (await rows('never')).readBytes()).toHaveLength(8);
});

test('floats are numbers, distinguishable from ints with exact; tuples are arrays distinguishable from lists', async () => {
  const pickle = `\x80\x02(G\x3f\xf0\0\0\0\0\0\0K\x01)l.`;
  const plain = (await openPt(await archive(pickle))).value as unknown[];
  expect(plain).toEqual([1, 1, []]);
  expect([plain instanceof PtTuple, plain[2] instanceof PtTuple]).toEqual([false, true]);
  const exact = (await openPt(await archive(pickle), { exact: true })).value as unknown[];
  expect(exact[0]).toEqual({ value: 1 });
  expect(exact[1]).toBe(1);
});

test.each([
  [{ checksums: 'alway' }, /checksums is "alway"/],
  [{ limits: { depth: Number.NaN } }, /limits\.depth is NaN/],
  [{ limits: { depths: 5 } }, /unknown option `limits\.depths`; did you mean `limits\.depth`/],
])('the options %j are refused', async (options, message) => {
  const opening = openPt(await encodePt(null), options as OpenOptions);
  await expect(opening).rejects.toThrow(message);
  await expect(opening).rejects.toThrow(RangeError);
});

test('an undefined limit has its default', async () => {
  const limits = { opcodes: undefined } as unknown as Partial<PtLimits>;
  await expect(openPt(await encodePt([1]), { limits })).resolves.toBeDefined();
});

test('rows are read from the first by default, and a tensor without rows has none', async () => {
  const value = [tensor('uint8', [3], Uint8Array.of(1, 2, 3)), tensor('uint8', [], Uint8Array.of(9))];
  const [rows, single] = (await openPt(await encodePt(value))).value as [LazyTensor, LazyTensor];
  expect([...(await rows.readArray(undefined, 1))]).toEqual([1]);
  expect([...(await rows.readArray(1))]).toEqual([2, 3]);
  await expect(single.readArray(7)).rejects.toThrow(RangeError);
  expect([...(await single.readArray())]).toEqual([9]);
});

test('the part at one index equals that row', async () => {
  const value = tensor('uint8', [2, 3], storage(6, Uint8Array.of(1, 2, 3, 4, 5, 6)), { stride: [1, 2] });
  const whole = (await openPt(await encodePt(value))).value as LazyTensor;
  expect([...(await whole.select(1).readArray())]).toEqual([2, 4, 6]);
  expect(whole.select(1).select(2).shape).toEqual([]);
  for (const index of [-1, 2, 0.5]) expect(() => whole.select(index)).toThrow(RangeError);
});

test('an int64 is rounded to float32 once', async () => {
  const ints = BigInt64Array.of(
    2n ** 60n + 2n ** 36n + 1n,
    -(2n ** 60n + 2n ** 36n + 1n),
    2n ** 60n + 2n ** 36n,
    7n,
  );
  const signed = (await openPt(await encodePt(tensor('int64', [4], ints)))).value as LazyTensor;
  const up = 2 ** 60 + 2 ** 37;
  // Halfway between two of them rounds to even; a little more rounds up.
  expect([...(await signed.readFloat32())]).toEqual([up, -up, 2 ** 60, 7]);
  const most = (await openPt(await encodePt(tensor('uint64', [1], BigUint64Array.of(2n ** 64n - 1n))))).value;
  expect([...(await (most as LazyTensor).readFloat32())]).toEqual([2 ** 64]);
});

test('a key whose text could be endless is not spelled out in a path', async () => {
  const one = () => tensor('uint8', [1], Uint8Array.of(1));
  const keys = [7n, 2n ** 70n, -(2n ** 1024n), 2n ** 30_000n, tuple(1), 'a'];
  const file = await openPt(await encodePt(new Map(keys.map((key) => [key, one()]))));
  expect(file.tensors().map(({ path }) => path)).toEqual([
    '/7',
    '/1180591620717411303424',
    '/(…)',
    '/(…)',
    '/(…)',
    '/a',
  ]);
  await expect(encodePt(new Map([[2n ** 30_000n, undefined]]))).rejects.toThrow('/(…): undefined');
});

test('fileRange gives the place of a tensor’s elements if they are contiguous in the file', async () => {
  const rows = Float32Array.of(1, 2, 3, 4);
  const two = storage(16, rows);
  const value = [
    tensor('float32', [2], two, { offset: 1 }),
    tensor('float32', [2, 2], two, { stride: [1, 2] }),
  ];
  const bytes = await encodePt(value);
  const [part, turned] = (await openPt(bytes)).value as [LazyTensor, LazyTensor];
  const { offset, length } = part.fileRange!;
  expect(Buffer.compare(bytes.slice(offset, offset + length), new Uint8Array(rows.buffer, 4, 8))).toBe(0);
  expect(turned.fileRange).toBeNull();
});
