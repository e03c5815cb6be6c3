import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { removeDurably, renameDurably, writeFileDurably } from './durable.js';
import { FencedError, fencedFileSystem } from './fenced-file-system.js';
import { type DurableFileSystem, nodeFileSystem } from './file-system.js';

let folder: string;
let fence: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fenced-'));
  fence = join(folder, 'fence');
  await mkdir(fence);
});

const at = (name: string) => join(folder, name);

/** Runs `change` with a fence that is removed before the operation numbered `before`. */
async function cutBefore(before: number, change: (fs: DurableFileSystem) => Promise<unknown>) {
  let step = 0;
  const cut = async () => {
    if (step++ === before) await rm(fence, { recursive: true });
  };
  const under: DurableFileSystem = {
    ...nodeFileSystem,
    async create(path, options) {
      await cut();
      const file = await nodeFileSystem.create(path, options);
      return {
        async write(bytes) {
          await cut();
          await file.write(bytes);
        },
        async sync() {
          await cut();
          await file.sync();
        },
        close: () => file.close(),
      };
    },
    async rename(from, to) {
      await cut();
      await nodeFileSystem.rename(from, to);
    },
    async renameToFree(from, to, options) {
      await cut();
      await nodeFileSystem.renameToFree(from, to, options);
    },
    async remove(path) {
      await cut();
      await nodeFileSystem.remove(path);
    },
  };
  const error = await change(fencedFileSystem(fence, under)).then(
    () => null,
    (error: unknown) => error,
  );
  return { error, steps: step };
}

const all = async () =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(folder))
        .filter((name) => name !== 'fence')
        .map(async (name) => [name, await readFile(at(name), 'utf8')]),
    ),
  );

const changes: [name: string, change: (fs: DurableFileSystem) => Promise<unknown>, after: object][] = [
  [
    'a new file',
    (fs) => writeFileDurably(at('new'), 'n', { fs, onlyNew: true }),
    { old: 'o', other: 'x', new: 'n' },
  ],
  ['a file that is replaced', (fs) => writeFileDurably(at('old'), 'n', { fs }), { old: 'n', other: 'x' }],
  [
    'a file that is renamed',
    (fs) => renameDurably(at('old'), at('aside'), { fs }),
    { aside: 'o', other: 'x' },
  ],
  ['a file that is removed', (fs) => removeDurably(at('old'), { fs }), { other: 'x' }],
];

test.each(changes)('%s goes through the fence, and leaves nothing in it', async (_, change, after) => {
  await writeFile(at('old'), 'o');
  await writeFile(at('other'), 'x');
  const { error } = await cutBefore(Number.POSITIVE_INFINITY, change);
  expect(error).toBeNull();
  expect(await all()).toEqual(after);
  expect(await readdir(fence)).toEqual([]);
});

test.each(changes)('%s: once the fence is gone, nothing is changed', async (_, change) => {
  await writeFile(at('old'), 'o');
  await writeFile(at('other'), 'x');
  const { error, steps } = await cutBefore(0, change);
  expect(error).toBeInstanceOf(FencedError);
  expect(steps).toBeGreaterThan(0);
  expect(await all()).toEqual({ old: 'o', other: 'x' });
});

test.each([1, 2, 3])('a new file whose fence goes at step %i is not there', async (step) => {
  const { error } = await cutBefore(step, (fs) => writeFileDurably(at('new'), 'n', { fs, onlyNew: true }));
  expect(error).toBeInstanceOf(FencedError);
  expect(await all()).toEqual({});
});

test('an existing file is not replaced by a new one', async () => {
  await writeFile(at('old'), 'o');
  await expect(
    writeFileDurably(at('old'), 'n', { fs: fencedFileSystem(fence), onlyNew: true }),
  ).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await all()).toEqual({ old: 'o' });
});

test('a missing file within a fence that is there is no loss of the fence', async () => {
  const fs = fencedFileSystem(fence);
  await expect(renameDurably(at('none'), at('aside'), { fs })).rejects.toMatchObject({ code: 'ENOENT' });
  await removeDurably(at('none'), { fs });
});
