import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifest } from '../src/read/read-manifest.js';

let path: string;
let writer: ChildProcess | undefined;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'manifest-')), 'manifest.json');
});
afterEach(() => {
  writer?.kill('SIGKILL');
});

async function write(shards: number): Promise<ChildProcess> {
  writer = fork(fileURLToPath(new URL('./manifest-writer.mjs', import.meta.url)), [path, `${shards}`]);
  await once(writer, 'message');
  return writer;
}

test('beside a writer that rewrites, appends and folds, nothing is damaged, and nothing goes backwards', async () => {
  await write(8);
  let done = 0;
  let readings = 0;
  // As long as it takes for the journal to have been folded many times.
  while (done < 40_000) {
    const look = await readManifest(path);
    if (look.is === 'unsettled') continue;
    if (look.is !== 'read') throw new Error(JSON.stringify(look));
    const now = look.shards.reduce((sum, { rows }) => sum + rows, 0);
    expect(now).toBeGreaterThanOrEqual(done);
    done = now;
    readings++;
  }
  expect(readings).toBeGreaterThan(10);
});

test('it is read without a lock file, and none is made', async () => {
  const child = await write(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await rm(`${path}.lock`);
  expect(await readManifest(path)).toMatchObject({ is: 'read' });
  expect(await readdir(dirname(path))).not.toContain('manifest.json.lock');
});

test('what is missing or damaged is told apart', async () => {
  expect(await readManifest(path)).toEqual({ is: 'missing' });
  await writeFile(path, '{"version":"1.0"');
  expect(await readManifest(path)).toEqual({ is: 'damaged', why: 'it is not JSON' });
  // The lock is not taken for it either.
  expect(await readdir(dirname(path))).toEqual(['manifest.json']);
});

test('a damaged journal is told of, not passed over', async () => {
  const child = await write(8);
  while ((await readManifest(path)).is !== 'read');
  child.kill('SIGKILL');
  await once(child, 'exit');
  appendFileSync(`${path}.journal`, 'not an event\n');
  expect(await readManifest(path)).toMatchObject({ is: 'damaged', why: expect.stringContaining('journal') });
});

test('a manifest of a later version is refused by name', async () => {
  await writeFile(path, '{"version":"2.0"}');
  await expect(readManifest(path)).rejects.toMatchObject({ code: 'manifest_version' });
});
