import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IdIndex } from './id-index.js';
import { hashOf } from './id-lines.js';
import { findRows } from './row-ids.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ids-'));
  path = join(folder, 'ids.txt');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (ids: readonly string[]) => writeFileSync(path, ids.map((id) => `${id}\n`).join(''));

it('finds each ID that is there, and none that is not, as one pass does', async () => {
  const id = fc
    .string({ minLength: 1, maxLength: 90, unit: 'grapheme' })
    .filter((text) => !/[\n\r\0]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(id, { maxLength: 300 }), fc.array(id), async (ids, others) => {
      write(ids);
      await using index = await IdIndex.open(path, ids.length);
      const expected = new Map(ids.map((each, row) => [each, row]));
      const asked = [...ids, ...others];
      const wanted = new Map(
        asked.filter((each) => expected.has(each)).map((each) => [each, expected.get(each)!]),
      );
      expect(await index.find(asked)).toEqual(wanted);
      expect(await findRows(path, asked)).toEqual(wanted);
      for (const [row, each] of ids.entries()) expect(await index.idAt(row)).toBe(each);
    }),
    { numRuns: 25 },
  );
});

it('tells IDs apart that have the same hash', async () => {
  const [one, other] = ['seq370872', 'seq1007610'];
  expect(hashOf(Buffer.from(one))).toBe(hashOf(Buffer.from(other)));
  write(['x', one]);
  await using index = await IdIndex.open(path, 2);
  expect(await index.find([other, one])).toEqual(new Map([[one, 1]]));
  expect(await findRows(path, [other, one])).toEqual(new Map([[one, 1]]));
  write([other, one]);
  await using both = await IdIndex.open(path, 2);
  expect(await both.find([other, one])).toEqual(
    new Map([
      [other, 0],
      [one, 1],
    ]),
  );
  expect(await findRows(path, [one, other])).toEqual(
    new Map([
      [other, 0],
      [one, 1],
    ]),
  );
});

it('refuses another number of IDs, and rows that there are not', async () => {
  write(['a', 'b']);
  await expect(IdIndex.open(path, 1)).rejects.toThrow('it does not have the 1 IDs that result.json says');
  await expect(IdIndex.open(path, 3)).rejects.toThrow('it does not have the 3 IDs');
  await using index = await IdIndex.open(path, 2);
  await expect(index.idAt(2)).rejects.toThrow('row 2 of 2');
  await expect(index.idAt(-1)).rejects.toThrow(RangeError);
});
