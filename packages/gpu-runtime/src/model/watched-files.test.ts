import { chmod, mkdtemp, open, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { WatchedFiles } from './watched-files.js';

let path: string;
let watched: WatchedFiles;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'watched-')), 'weights');
  await writeFile(path, 'weights');
  watched = await WatchedFiles.of([path, path]);
});

test('a file that is left alone has not changed', async () => {
  expect(await watched.changed()).toEqual([]);
});

test.each<[string, () => Promise<unknown>]>([
  [
    'some bytes',
    async () => {
      const file = await open(path, 'r+');
      await file.write('W', 0);
      await file.close();
      await utimes(path, 1, 1);
    },
  ],
  ['its length', () => writeFile(path, 'weight')],
  ['only its rights, so that its bytes must be read', () => chmod(path, 0o600)],
])('%s changed in place: it is told once', async (_, change) => {
  await change();
  expect(await watched.changed()).toEqual([path]);
  expect(await watched.changed()).toEqual([]);
});

test.each<[string, () => Promise<unknown>]>([
  ['removed', () => rm(path)],
  [
    'replaced',
    async () => {
      await writeFile(`${path}.new`, 'others');
      await rename(`${path}.new`, path);
    },
  ],
])('a file that is %s: the session still has the old one', async (_, change) => {
  await change();
  expect(await watched.changed()).toEqual([]);
});
