import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { encodePt, openPt } from '../index.js';
import { NumpyStrings, NumpyStringType } from './numpy-strings.js';

/** Code points as numpy stores them, three to an item. */
function ucs4(items: readonly string[], little: boolean): Uint8Array {
  const bytes = new Uint8Array(items.length * 12);
  const view = new DataView(bytes.buffer);
  for (const [i, item] of items.entries())
    for (const [at, letter] of Array.from(item).entries())
      view.setUint32(12 * i + 4 * at, letter.codePointAt(0)!, little);
  return bytes;
}

const type = NumpyStringType.of('U3')!;

test('strings of both byte orders are the same', () => {
  const items = ['ab', '', 'é🧬c', 'a\0b'];
  const [little, big] = [true, false].map(
    (order) => new NumpyStrings(type, !order, [4], [1], ucs4(items, order)),
  ) as [NumpyStrings, NumpyStrings];
  expect([...little]).toEqual(items);
  expect([...big]).toEqual(items);
  expect(big.toBytes()).toEqual(Buffer.from(little.toBytes()));
});

test('items come row-major, however they are stored', () => {
  const strings = new NumpyStrings(type, false, [2, 3], [1, 2], ucs4(['a', 'd', 'b', 'e', 'c', 'f'], true));
  expect([...strings]).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(strings.toBytes()).toEqual(ucs4(['a', 'b', 'c', 'd', 'e', 'f'], true));
  expect([strings.length, strings.dtype]).toEqual([6, '<U3']);
});

test('bytes lose the zeros at their end only', () => {
  const strings = new NumpyStrings(
    NumpyStringType.of('S3')!,
    false,
    [2],
    [1],
    Uint8Array.of(0, 7, 0, 0, 0, 0),
  );
  expect([...strings]).toEqual([Uint8Array.of(0, 7), Uint8Array.of()]);
  expect(strings.dtype).toBe('|S3');
});

test('what is no character is refused when it is read', () => {
  const strings = new NumpyStrings(type, false, [1], [1], new Uint8Array(12).fill(0xff));
  expect(() => strings.at(0)).toThrow(/holds 4294967295, which is no character/);
});

test.each(['U', 'U0', 'S-1', 'U01', 'V5', 'O8', 'U9999999999'])('%s is no width of strings', (code) => {
  expect(NumpyStringType.of(code)).toBeNull();
});

test('what numpy itself wrote is read, and not written as something else', async () => {
  const path = fileURLToPath(new URL('../../test/fixtures/numpy_strings.pt', import.meta.url));
  await using file = await openPt(path);
  const words = ['a', 'bé', '🧬c', '', 'x', 'yz'];
  const get = (key: string) => file.get(key) as NumpyStrings;
  for (const array of ['rows', 'columns', 'big'].map(get)) {
    expect([...array]).toEqual(words);
    expect(array.shape).toEqual([3, 2]);
  }
  expect(Array.from(get('bytes'), (each) => Buffer.from(each).toString())).toEqual(['ab\0c', '']);
  expect([...get('empty')]).toEqual([]);
  expect([file.get('word'), file.get('byte')]).toEqual(['🧬c', Uint8Array.of(113)]);
  const value = { rows: file.get('rows') as never };
  await expect(encodePt(value)).rejects.toThrow(/rows: a NumpyStrings cannot be written/);
});
