import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasBytes } from './has-bytes.js';
import { readAt } from './read-at.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'has-bytes-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('law: a file has the bytes that would be written if it was written with them, in whatever parts', async () => {
  const some = fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 4 });
  const path = join(folder, 'file');
  await fc.assert(
    fc.asyncProperty(some, some, async (there, due) => {
      writeFileSync(path, Buffer.concat(there));
      const same = Buffer.concat(there).equals(Buffer.concat(due));
      const has = await hasBytes(path, async (file) => {
        for (const part of due) await file.write(part);
      });
      expect(has).toBe(same);
    }),
  );
});

it('writes no further than the first part that differs, and passes on what fails', async () => {
  const path = join(folder, 'other');
  writeFileSync(path, 'abcd');
  let parts = 0;
  const has = await hasBytes(path, async (file) => {
    for (const part of ['ab', 'xx', 'cd']) {
      parts++;
      await file.write(Buffer.from(part));
    }
  });
  expect([has, parts]).toEqual([false, 2]);
  await expect(hasBytes(path, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
});

it('reads on after a short read, and to the end of the file', async () => {
  const path = join(folder, 'short');
  writeFileSync(path, 'abcdef');
  const file = await open(path, 'r');
  const short = {
    read: (bytes: Uint8Array, at: number, length: number, position: number) =>
      file.read(bytes, at, Math.min(2, length), position),
  } as never;
  const bytes = Buffer.alloc(9);
  expect(await readAt(short, bytes, 1)).toBe(5);
  expect(bytes.toString('latin1', 0, 5)).toBe('bcdef');
  await file.close();
});
