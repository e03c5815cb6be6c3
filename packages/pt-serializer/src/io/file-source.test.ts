import { mkdtemp, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { FileSource } from './file-source.js';

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'pt-')), 'bytes');
  await writeFile(path, 'abcdefghijklmnopqrstuvwxyz');
});

test('a read longer than one system call is complete', async () => {
  const file = await FileSource.open(path, 7);
  expect((await file.read(1, 24)).toString()).toBe('bcdefghijklmnopqrstuvwxy');
  await file.close();
});

test('bytes that the file lacks, or no longer has, are an error, never padding', async () => {
  const file = await FileSource.open(path);
  await expect(file.read(20, 7)).rejects.toMatchObject({ code: 'zip', path });
  await expect(file.read(-1, 2)).rejects.toMatchObject({ code: 'zip', path });
  await truncate(path, 10);
  await expect(file.read(5, 10)).rejects.toThrow('ended while it was read');
  await file.close();
});
