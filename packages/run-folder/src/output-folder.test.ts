import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { FileLock } from '@holdfast/file-lock';
import { beforeEach, expect, test } from 'vitest';
import { layout } from './layout.js';
import { takeOutputFolder } from './output-folder.js';
import { BusyError, RunFolderError } from './run-folder-error.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'output-folder-'));
});

test('created folders are removed if they hold nothing of a run, and existing ones stay', async () => {
  await mkdir(join(folder, 'a'));
  const place = layout(join(folder, 'a', 'b', 'c'));
  {
    await using _taken = await takeOutputFolder(place);
    await writeFile(place.ownership, '');
    expect(existsSync(place.lock)).toBe(true);
  }
  expect(await readdir(folder, { recursive: true })).toEqual(['a']);
});

test('a new run is refused within what another run writes, and nothing is left there', async () => {
  await writeFile(join(folder, '.holdfast'), '');
  await mkdir(join(folder, 'checkpoints'));
  for (const name of ['checkpoints', 'checkpoints/x', 'index', 'more_outputs/x', 'ids.txt'])
    await expect(takeOutputFolder(layout(join(folder, name)))).rejects.toThrow(
      `belongs to the run in ${folder}, which writes and removes it itself; use another --out`,
    );
  expect(await readdir(folder, { recursive: true })).toEqual(['.holdfast', 'checkpoints']);
  // Beside its files, and for a run that is there from before.
  await (await takeOutputFolder(layout(join(folder, 'other'))))[Symbol.asyncDispose]();
  await writeFile(join(folder, 'checkpoints', '.holdfast'), '');
  await (await takeOutputFolder(layout(join(folder, 'checkpoints'))))[Symbol.asyncDispose]();
});

test('an existing folder stays, with its lock file', async () => {
  const place = layout(folder);
  await (await takeOutputFolder(place))[Symbol.asyncDispose]();
  expect(await readdir(folder)).toEqual(['.lock']);
});

test.each(['run.json', 'index', 'ids.txt', 'mine.txt'])(
  'a folder that holds %s stays as it is',
  async (name) => {
    const place = layout(join(folder, 'out'));
    {
      await using _taken = await takeOutputFolder(place);
      await writeFile(place.ownership, '');
      await writeFile(join(place.out, name), '');
    }
    expect((await readdir(place.out)).sort()).toEqual(['.holdfast', '.lock', name]);
  },
);

test('a lock that somebody holds is not removed', async () => {
  const place = layout(join(folder, 'out'));
  const taken = await takeOutputFolder(place);
  await using _worker = await FileLock.acquire(place.workersLock, { shared: true });
  await taken[Symbol.asyncDispose]();
  expect((await readdir(place.out)).sort()).toEqual(['.lock', '.workers.lock']);
});

test('several commands that create the folder, start nothing and remove it keep each other out', async () => {
  const place = layout(join(folder, 'a', 'out'));
  let [inside, taken, refused, gone] = [0, 0, 0, 0];
  const run = async (turns: number) => {
    for (let i = 0; i < turns; i++) await turn();
    try {
      await using _taken = await takeOutputFolder(place);
      taken++;
      expect(++inside).toBe(1);
      await turn();
      expect(existsSync(place.lock)).toBe(true);
      inside--;
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      expect(error.message).toContain('in use by another command');
      refused++;
    }
  };
  for (let round = 0; round < 100; round++) {
    await Promise.all([0, 1, 2, 3].map((i) => run((i * round) % 40)));
    if (!existsSync(place.out)) gone++;
    await rm(join(folder, 'a'), { recursive: true, force: true });
  }
  expect(taken + refused).toBe(400);
  expect(Math.min(taken, refused, gone)).toBeGreaterThan(0);
});

test.each([
  ['a name that no folder can have', (name: string) => join(name, 'x'.repeat(300)), /ENAMETOOLONG/],
  ['a place below a link to nowhere', (name: string) => join(name, '..', 'link', 'out'), /ENOENT/],
])('%s is refused, and leaves no folder above it', async (_what, out, says) => {
  await symlink('nowhere', join(folder, 'link'));
  const error = await takeOutputFolder(layout(out(join(folder, 'new')))).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(RunFolderError);
  expect((error as Error).message).toMatch(says);
  expect(await readdir(folder)).toEqual(['link']);
});
