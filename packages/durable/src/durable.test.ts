import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { makeDirectoryDurably, writeFileDurably } from './durable.js';
import { type DurableFileSystem, nodeFileSystem } from './file-system.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-'));
});

/** Node's file system, which records each operation and can fail at one of them. */
function recording(failAt = Number.POSITIVE_INFINITY) {
  const log: string[] = [];
  const step = (what: string) => {
    log.push(what);
    if (log.length > failAt) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  const name = (path: string) => path.slice(folder.length + 1) || '.';
  const fs: DurableFileSystem = {
    async create(path, options) {
      step(`create ${name(path)}`);
      const file = await nodeFileSystem.create(path, options);
      return {
        async write(bytes) {
          step('write');
          await file.write(bytes);
        },
        async sync() {
          step(`sync ${name(path)}`);
          await file.sync();
        },
        close: () => file.close(),
      };
    },
    async rename(from, to) {
      step(`rename ${name(from)} ${name(to)}`);
      await nodeFileSystem.rename(from, to);
    },
    async renameToFree(from, to) {
      step(`renameToFree ${name(from)} ${name(to)}`);
      await nodeFileSystem.renameToFree(from, to);
    },
    remove: nodeFileSystem.remove,
    makeDirectory: nodeFileSystem.makeDirectory,
    async syncDirectory(path) {
      step(`syncDirectory ${name(path)}`);
      await nodeFileSystem.syncDirectory(path);
    },
  };
  return { fs, log };
}

test('the order is create, write, sync, rename, sync the folder', async () => {
  const { fs, log } = recording();
  await writeFileDurably(join(folder, 'a'), 'hello', { fs });
  expect(log).toEqual(['create a.tmp', 'write', 'sync a.tmp', 'rename a.tmp a', 'syncDirectory .']);
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('hello');
});

test('a failure at any step leaves the older or the newer file whole, and no temp file', async () => {
  for (let failAt = 0; failAt < 5; failAt++) {
    await writeFile(join(folder, 'a'), 'old');
    await expect(writeFileDurably(join(folder, 'a'), 'new', recording(failAt))).rejects.toThrow('no space');
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe(failAt < 4 ? 'old' : 'new');
  }
});

test('with onlyNew an existing file is kept, a failure leaves nothing new, and of many writers one succeeds', async () => {
  const path = join(folder, 'a');
  for (let failAt = 0; failAt < 5; failAt++) {
    const options = { ...recording(failAt), onlyNew: true };
    await expect(writeFileDurably(path, 'new', options)).rejects.toThrow('no space');
    expect(await readdir(folder)).toEqual([]);
  }
  const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(1000));
  const all = await Promise.allSettled(texts.map((text) => writeFileDurably(path, text, { onlyNew: true })));
  const won = all.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
  expect(won).toHaveLength(1);
  for (const each of all)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'EEXIST' });
  expect(await readFile(path, 'utf8')).toBe(texts[won[0]!]);
  expect(await readdir(folder)).toEqual(['a']);
});

test('each new folder is synced in its parent', async () => {
  const { fs, log } = recording();
  await makeDirectoryDurably(join(folder, 'x/y/z'), { fs });
  expect(log).toEqual(['syncDirectory .', 'syncDirectory x', 'syncDirectory x/y']);
});
