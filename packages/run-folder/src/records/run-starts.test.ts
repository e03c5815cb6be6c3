import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type RunStart, type RunStarts, readRunStarts, withStart, writeRunStarts } from './run-starts.js';

const start = (second: number): RunStart => ({
  started: new Date(second * 1000).toISOString(),
  host: 'node-1',
  holdfast: '0.1.0',
  onnxruntime: '1.30.0',
  node: 'v20.20.2',
  platform: 'linux x64',
});
const NONE: RunStarts = { starts: [], left_out: 0 };

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'starts-')), '.holdfast-starts');
});

test('what was written is read; that of another run is not', async () => {
  const starts = withStart(withStart(NONE, { ...start(1), ended: start(2).started }), start(3));
  await writeRunStarts(path, 'run', starts);
  expect(await readRunStarts(path, 'run')).toEqual(starts);
  expect(await readRunStarts(path, 'other')).toEqual(NONE);
  expect(await readRunStarts(join(path, '..', 'none'), 'run')).toEqual(NONE);
});

test('a run that is started without end keeps its first starts and its last ones, and counts the others', () => {
  let starts = NONE;
  for (let second = 0; second < 250; second++) starts = withStart(starts, start(second));
  expect(starts.left_out).toBe(150);
  expect(starts.starts.map(({ started }) => Date.parse(started) / 1000)).toEqual([
    ...Array.from({ length: 10 }, (_, at) => at),
    ...Array.from({ length: 90 }, (_, at) => 160 + at),
  ]);
});

test('any flipped bit is found', async () => {
  await writeRunStarts(path, 'run', withStart(NONE, start(1)));
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << (at % 8);
    await writeFile(path, flipped);
    await expect(readRunStarts(path, 'run')).rejects.toThrow();
  }
});
