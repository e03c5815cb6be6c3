import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { layout } from './layout.js';
import { resultPaths } from './result-paths.js';
import { tidyUp } from './tidy.js';

test('a complete run keeps the files of its result, and nothing that was half-written of them', async () => {
  const place = layout(await mkdtemp(join(tmpdir(), 'tidy-')));
  await mkdir(place.checkpoints);
  const kept = resultPaths(place);
  for (const path of kept) for (const each of [path, `${path}.tmp`]) await writeFile(each, '');
  const said: unknown[] = [];
  await tidyUp(place, 'run', (event) => said.push(event), false);
  expect(said).toEqual([]);
  expect((await readdir(place.out)).sort()).toEqual(
    [...kept, place.checkpoints].map((path) => basename(path)).sort(),
  );
  expect(kept.map((path) => basename(path))).toContain('skipped.tsv');
});
