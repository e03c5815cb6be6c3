import { expect, test } from 'vitest';
import { archive, text } from '../test/archive.js';
import { encodePt, type LazyTensor, openPt, type PtLimits, PtTuple, storage, tensor } from './index.js';

test.each<[keyof PtLimits, number, string]>([
  ['members', 2, 'N.'],
  ['pickleBytes', 9, `${text('12345678')}.`],
  ['opcodes', 4, 'N0N0N.'],
  ['values', 30, '(]]l.'],
  ['memo', 1, 'Nq\x00q\x01.'],
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

test('limits.expandedBytes bounds what is made of repeated elements, not what a storage has', async () => {
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

test('checksums are compared before any part of a storage is read, or where the whole is, or never', async () => {
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

test('floats are numbers, and with exact can be told from ints; tuples are arrays that can be told from lists', async () => {
  const pickle = `\x80\x02(G\x3f\xf0\0\0\0\0\0\0K\x01)l.`;
  const plain = (await openPt(await archive(pickle))).value as unknown[];
  expect(plain).toEqual([1, 1, []]);
  expect([plain instanceof PtTuple, plain[2] instanceof PtTuple]).toEqual([false, true]);
  const exact = (await openPt(await archive(pickle), { exact: true })).value as unknown[];
  expect(exact[0]).toEqual({ value: 1 });
  expect(exact[1]).toBe(1);
});
