import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { KeptRecords } from './kept-records.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'cache-'));
  onTestFinished(() => rm(cache, { recursive: true, force: true }));
});

/** The one file of a record. */
const fileOf = async () => join(cache, 'room', (await readdir(join(cache, 'room')))[0]!);

test('what is kept under a key is read under it, and replaced', async () => {
  const records = new KeptRecords('room', join(cache, 'not', 'there'));
  expect(await records.read(['a'])).toBeUndefined();
  await records.keep(['a'], { one: 1 });
  await records.keep(['b'], { two: 2 });
  await records.keep(['a'], { one: 3 });
  expect([await records.read(['a']), await records.read(['b']), await records.read(['c'])]).toEqual([
    { one: 3 },
    { two: 2 },
    undefined,
  ]);
});

test('a record with one changed byte, cut short, or of another key, is none', async () => {
  const records = new KeptRecords('room', cache);
  await records.keep('key', { fingerprint: 'abcdef', n: 12 });
  const file = await fileOf();
  const whole = await readFile(file);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const other = Buffer.from(whole);
      other[at] = other[at]! ^ by;
      await writeFile(file, other);
      expect(await records.read('key')).toBeUndefined();
      await writeFile(file, whole.subarray(0, at));
      expect(await records.read('key')).toBeUndefined();
    }),
    { numRuns: 50 },
  );
  await records.keep('other', { fingerprint: 'abcdef', n: 12 });
  const [other] = (await readdir(join(cache, 'room'))).filter((name) => !file.endsWith(name));
  await writeFile(file, await readFile(join(cache, 'room', other!)));
  expect(await records.read('key')).toBeUndefined();
});

test.each([
  ['a folder', (file: string) => mkdir(file)],
  // Reading a pipe would wait for a writer.
  ['a pipe', async (file: string) => void execFileSync('mkfifo', [file])],
])('%s in place of a record is none, and stays', async (_, put) => {
  const records = new KeptRecords('room', cache);
  await records.keep('key', 1);
  const file = await fileOf();
  await rm(file);
  await put(file);
  expect(await records.read('key')).toBeUndefined();
});

test('a cache that cannot be written, or that there is none of, keeps nothing and says nothing', async () => {
  const taken = join(cache, 'taken');
  await writeFile(taken, '');
  for (const folder of [taken, join(taken, 'below'), null]) {
    const records = new KeptRecords('room', folder);
    await records.keep('key', 1);
    expect(await records.read('key')).toBeUndefined();
  }
  expect(await readdir(cache)).toEqual(['taken']);
});

test('many who keep at once leave one whole record and no other file', async () => {
  const records = Array.from({ length: 8 }, () => new KeptRecords('room', cache));
  await Promise.all(records.map((each, i) => each.keep('key', i)));
  expect(await records[0]!.read('key')).toBeTypeOf('number');
  expect(await readdir(join(cache, 'room'))).toHaveLength(1);
});
