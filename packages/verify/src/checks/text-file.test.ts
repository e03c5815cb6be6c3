import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstDifference } from './text-file.js';

const { signal } = new AbortController();

async function* parts(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('the first line that differs is found, however the texts are cut', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'text-')), 'ids.txt');
  const lines = fc.array(fc.constantFrom('a', 'bb', 'é', ''), { maxLength: 6 });
  const text = (of: string[]) => of.map((line) => `${line}\n`).join('');
  await fc.assert(
    fc.asyncProperty(lines, lines, fc.integer({ min: 1, max: 5 }), async (there, due, size) => {
      await writeFile(path, text(there));
      const differ = Math.max(there.length, due.length);
      const line = Array.from({ length: differ }, (_, at) => at).find((at) => there[at] !== due[at]);
      expect(await firstDifference(path, parts(text(due), size), signal)).toEqual(
        line === undefined ? null : { line, found: there[line] ?? null, due: due[line] ?? null },
      );
    }),
  );
  expect(await firstDifference(`${path}.none`, parts('', 1), signal)).toBeUndefined();
});

test('a last line without its line feed differs', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'text-')), 'ids.txt');
  await writeFile(path, 'a\nb');
  expect(await firstDifference(path, parts('a\nb\n', 9), signal)).toMatchObject({ line: 1 });
});
