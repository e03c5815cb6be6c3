import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { letterRules, resolveModel } from '@holdfast/gpu-runtime';
import { letterUse } from '@holdfast/plan';
import { type Layout, layout, readRunRecord } from '@holdfast/run-folder';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PrepareOptions } from '../src/run/asked-run.js';
import { prepare } from '../src/run/prepare.js';
import { freshFolder, holdfast, windows } from './command.js';

// Any bit of a run's own records may flip: what the next run takes the folder for is the same.

const FLIPS = 200;

let reads: string;
let complete: string;
beforeAll(async () => {
  reads = await windows(300);
  complete = join(await freshFolder(), 'out');
  const line = [
    'embed',
    '--no-dedupe',
    reads,
    '--out',
    complete,
    '--workers',
    '1',
    '--shards',
    '2',
    '--seq-threshold',
    '80',
    '--batch-tokens',
    '20000',
  ];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
});

/** A copy of the run, complete or without its result and a shard. */
async function copy(finished: boolean): Promise<Layout> {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  if (!finished)
    for (const name of ['result.json', 'ids.txt', 'embeddings.safetensors', 'checkpoints/shard_1'])
      await rm(join(out, name), { recursive: true });
  return layout(out);
}

/** What a run would begin with. */
async function prepared(place: Layout, onWarning: (message: string) => void = () => undefined) {
  const model = await resolveModel('tnf');
  const rules = letterRules(model);
  const options: PrepareOptions = {
    inputs: [reads],
    model,
    letters: { rules, use: letterUse(rules, { keepU: false, keepStop: false, translated: false }) },
    batchTokens: undefined,
    chooseBatchTokens: () => Promise.reject(new Error('a run was begun')),
    shards: undefined,
    threads: undefined,
    defaultShards: 7,
    format: 'safetensors',
    cut: {},
    // As versions without checksums did.
    dedupe: false,
    forceRestart: false,
    retry: 'set_aside',
    tryForNewRun: () => Promise.resolve(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onWarning,
  };
  const found = await prepare(place, options);
  if ('index' in found) await found.index.close();
  return found;
}

/** Bits spread over a file, others each time. */
const bitsOf = (bytes: number) =>
  Array.from({ length: FLIPS }, (_, i) => Math.floor(((i + Math.random()) * bytes * 8) / FLIPS));

describe.each([true, false])('of a run that is complete: %s', (finished) => {
  test('any flipped bit of run.json is found, and the record is as it was, on disk too', async () => {
    const place = await copy(finished);
    const { index: _, ...before } = (await readRunRecord(place.run))!;
    const { length } = await readFile(place.run);
    for (const bit of bitsOf(length)) {
      const bytes = await readFile(place.run);
      // It may be shorter by now: of a complete run, the rebuilt record names no index.
      if (bit >> 3 >= bytes.length) continue;
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await writeFile(place.run, bytes);
      const warnings: string[] = [];
      const found = await prepared(place, (message) => warnings.push(message));
      expect(warnings[0]).toMatch(/run\.json is damaged \(.*\); rebuilding it from/);
      expect('index' in found).toBe(!finished);
      expect(await readRunRecord(place.run)).toMatchObject(before);
    }
  }, 300_000);
});

test('any flipped bit of result.json is found: the result is joined again', async () => {
  const place = await copy(true);
  const bytes = await readFile(place.result);
  expect('index' in (await prepared(place))).toBe(false);
  for (const bit of bitsOf(bytes.length)) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    await writeFile(place.result, flipped);
    expect('index' in (await prepared(place))).toBe(true);
  }
}, 300_000);

describe('a run of a version without checksums, whose record is damaged', () => {
  /** Its record as that version wrote it, and its checkpoints say nothing of it. */
  async function older(): Promise<Layout> {
    const place = await copy(false);
    const {
      index: _i,
      sha256: _s,
      begun_with: _b,
      ...record
    } = JSON.parse(await readFile(place.run, 'utf8'));
    await writeFile(place.run, `${JSON.stringify(record, null, 2)}\n`);
    return place;
  }

  test('is taken as it is, its index made anew once, and its record completed', async () => {
    const place = await older();
    const { index: _, ...before } = (await readRunRecord(place.run))!;
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    expect(await prepared(place, warn)).toMatchObject({ record: before, resumed: true });
    expect(warnings).toEqual([expect.stringContaining('rebuilding the index from the input')]);
    expect(await prepared(place, warn)).toMatchObject({ record: before, resumed: true });
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(await readFile(place.run, 'utf8'))).toMatchObject({
      sha256: expect.any(String),
      index: expect.any(String),
    });
  });
});
