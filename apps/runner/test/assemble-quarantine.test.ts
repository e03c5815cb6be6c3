import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkpointName, writeCheckpoint } from '@holdfast/checkpoint';
import { shardsOf } from '@holdfast/plan';
import {
  checkpointFacts,
  type FormatName,
  parseResult,
  QUARANTINED,
  type Quarantined,
  readResult,
  ShardIncompleteError,
} from '@holdfast/run-folder';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Assembly, assemble } from '../src/result/assemble.js';
import { countingModel, DIM, indexed } from './support.js';

const PYTHON = '/usr/bin/python3';
/** Shortest first in the input, so in the plan each window is turned round. */
const sequences = Array.from({ length: 40 }, (_, i) => 'ACGT'.repeat(1 + (i % 30)));
const ALL = [...sequences.keys()];
/** What a checkpoint holds of the sequence of this ordinal; no two are alike. */
const rowOf = (ordinal: number) => [ordinal, -ordinal, ordinal / 8];

let assembly: Assembly;
/** The ordinal at each position. */
let order: number[];
beforeEach(async () => {
  const { place, index } = await indexed(sequences, 200, { sequences: 12 });
  order = [];
  while (order.length < sequences.length) order.push(...(await index.bucketAt(order.length)).order);
  const { source: model } = countingModel();
  const { signal } = new AbortController();
  const shards = await shardsOf(index, 3);
  assembly = { place, run: 'run', index, shards, model, format: 'safetensors', signal };
});
afterEach(() => assembly.index.close());

const quarantined = (position: number): Quarantined => ({
  position,
  kind: position % 2 ? 'oom' : 'poison_input',
  attempts: 1 + position,
  error: `failed on ${position}`,
});

/** The checkpoints of a run that has quarantined these ordinals, each of so many batches. */
async function checkpoints(ordinals: readonly number[], batches = 2): Promise<void> {
  const { place, index, shards, run } = assembly;
  await rm(place.checkpoints, { recursive: true, force: true });
  for (const { shard, firstBatch, endBatch } of shards) {
    await mkdir(place.shard(shard), { recursive: true });
    let next = 0;
    for (let batch = firstBatch; batch < endBatch; batch += batches) {
      const until = Math.min(batch + batches, endBatch);
      const [first] = index.batchRange(batch);
      const [, end] = index.batchRange(until - 1);
      const positions = Array.from({ length: end - first }, (_, i) => first + i);
      const kept = positions.map((position) => order[position]!).filter((each) => !ordinals.includes(each));
      const left = positions.filter((position) => ordinals.includes(order[position]!)).map(quarantined);
      await writeCheckpoint(
        join(place.shard(shard), checkpointName(next++)),
        { data: Float32Array.from(kept.flatMap(rowOf)), shape: [kept.length, DIM] },
        kept.map((ordinal) => `s${ordinal}`),
        checkpointFacts(run, shard, [batch, until], [first, end], { quarantined: left }),
      );
    }
  }
}

const text = (path: string) => readFile(path, 'utf8');

/** The header and the rows of the result as safetensors. */
async function result() {
  const bytes = await readFile(assembly.place.embeddings('safetensors'));
  const length = Number(bytes.readBigUInt64LE());
  const data = Uint8Array.from(bytes.subarray(8 + length));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  return { shape: header.embeddings.shape, rows: [...new Float32Array(data.buffer)] };
}

/** Sees that the result is of all sequences but these. */
async function expectWithout(ordinals: readonly number[], record: Awaited<ReturnType<typeof assemble>>) {
  const { place } = assembly;
  const kept = ALL.filter((ordinal) => !ordinals.includes(ordinal));
  expect(await result()).toEqual({ shape: [kept.length, DIM], rows: kept.flatMap(rowOf) });
  expect(await text(place.ids)).toBe(kept.map((ordinal) => `s${ordinal}\n`).join(''));
  expect(record).toMatchObject({ sequences: kept.length, quarantined: ordinals.length });
  expect(parseResult(await text(place.result))).toEqual(record);
  const names = record.files.map(({ file }) => file);
  expect(names).toEqual([
    'embeddings.safetensors',
    'ids.txt',
    ...(ordinals.length > 0 ? ['quarantine.tsv'] : []),
    'sequences.tsv',
  ]);
  expect(existsSync(place.quarantine)).toBe(ordinals.length > 0);
  if (ordinals.length === 0) return;
  const table = await text(place.quarantine);
  const bytes = Buffer.from(table);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(record.files[2]).toEqual({ file: basename(place.quarantine), bytes: bytes.length, sha256 });
  const lines = [...ordinals]
    .sort((a, b) => a - b)
    .map((ordinal) => {
      const { position, kind, attempts, error } = quarantined(order.indexOf(ordinal));
      expect(position).toBeGreaterThanOrEqual(0);
      return `s${ordinal}\t${ordinal}\t${kind}\t${attempts}\t${error}\n`;
    });
  expect(table).toBe(['# id\tordinal\tkind\tattempts\terror\n', ...lines].join(''));
}

test('whatever is quarantined, the result is of all others in input order, and the table names it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray(ALL), fc.integer({ min: 1, max: 9 }), async (ordinals, batches) => {
      await checkpoints(ordinals, batches);
      await expectWithout(ordinals, await assemble(assembly));
    }),
    { numRuns: 12 },
  );
});

/** Ordinals of one batch of several sequences. */
function batchOf(position: number): number[] {
  const { index } = assembly;
  for (let batch = 0; ; batch++) {
    const [first, end] = index.batchRange(batch);
    if (end > position && end - first > 1) return order.slice(first, end);
  }
}

test.each<[string, () => readonly number[]]>([
  ['nothing', () => []],
  ['the first and the last sequence', () => [0, 39]],
  ['the first position', () => [order[0]!]],
  ['the last position', () => [order[39]!]],
  ['a whole batch', () => batchOf(7)],
  ['a whole window', () => order.slice(12, 24)],
  ['all but one in the middle', () => ALL.filter((ordinal) => ordinal !== 17)],
  ['everything', () => ALL],
])('%s is quarantined', async (_what, choose) => {
  const { index } = assembly;
  expect((await index.bucketAt(0)).inInputOrder).toBe(false);
  const ordinals = choose();
  // A batch that is quarantined as a whole makes a checkpoint without rows.
  await checkpoints(ordinals, 1);
  await expectWithout(ordinals, await assemble(assembly));
});

test.each<FormatName>(['npy', 'pt'])(
  '%s: the rows that are left, and none at all, are read by Python',
  async (format) => {
    const module = format === 'npy' ? 'numpy' : 'torch';
    const python = spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0;
    if (!python) console.warn(`LEFT OUT: ${module} is not on this machine (Debian: python3-${module})`);
    const read =
      format === 'npy'
        ? 'd, ids = numpy.load(sys.argv[1]), None'
        : 'f = torch.load(sys.argv[1], weights_only=True); d, ids = f["embeddings"].numpy(), f["sequence_ids"]';
    const script = `import json, sys, ${module}\n${read}\nprint(json.dumps([d.shape, d.ravel().tolist(), ids]))`;
    for (const ordinals of [[3, 20], ALL]) {
      await checkpoints(ordinals);
      const kept = ALL.filter((ordinal) => !ordinals.includes(ordinal));
      expect(await assemble({ ...assembly, format })).toMatchObject({ sequences: kept.length });
      if (!python) continue;
      const told = execFileSync(PYTHON, ['-c', script, assembly.place.embeddings(format)], {
        encoding: 'utf8',
      });
      const ids = format === 'npy' ? null : kept.map((ordinal) => `s${ordinal}`);
      expect(JSON.parse(told)).toEqual([[kept.length, DIM], kept.flatMap(rowOf), ids]);
    }
  },
);

test('a table that was changed or is gone is no whole result, and is made again as it was', async () => {
  await checkpoints([3, 20]);
  const { place, run, signal } = assembly;
  const record = await assemble(assembly);
  const table = await text(place.quarantine);
  const read = () =>
    readResult(place.result, { out: place.out, run, embeddings: place.embeddings('safetensors'), signal });
  expect(await read()).toEqual(record);
  await writeFile(place.quarantine, table.replace('s20', 's21'));
  expect(await read()).toBeNull();
  await rm(place.quarantine);
  expect(await read()).toBeNull();
  expect(await assemble(assembly)).toEqual(record);
  expect(await text(place.quarantine)).toBe(table);
  expect(await read()).toEqual(record);
});

test('a table of an earlier joining goes when nothing is quarantined any more', async () => {
  await checkpoints([3, 20]);
  await assemble(assembly);
  await checkpoints([]);
  await expectWithout([], await assemble(assembly));
});

test('an error of many lines is one field of one line', async () => {
  const { place, index, shards, run } = assembly;
  await checkpoints([]);
  const { shard, firstBatch, endBatch } = shards[0]!;
  await rm(place.shard(shard), { recursive: true });
  await mkdir(place.shard(shard));
  const [[first], [, end]] = [index.batchRange(firstBatch), index.batchRange(endBatch - 1)];
  const ids = await index.ids(first + 1, end);
  await writeCheckpoint(
    join(place.shard(shard), checkpointName(0)),
    { data: new Float32Array(ids.length * DIM), shape: [ids.length, DIM] },
    ids,
    {
      ...checkpointFacts(run, shard, [firstBatch, endBatch], [first, end]),
      // As another version may have written it.
      [QUARANTINED]: JSON.stringify([{ ...quarantined(first), error: `a\tb\r\n${'c'.repeat(999)}` }]),
    },
  );
  await assemble(assembly);
  const [, line, ...rest] = (await text(place.quarantine)).split('\n');
  expect(line?.split('\t').slice(4)).toEqual([`a b ${'c'.repeat(495)}…`]);
  expect(rest).toEqual(['']);
});

test('a checkpoint that says falsely what is quarantined has its shard worked on again; nothing is left half-written', async () => {
  await checkpoints([3]);
  const { place, shards } = assembly;
  const shard = shards.find(({ endPosition }) => endPosition > order.indexOf(3))!;
  const at = (await readdir(place.shard(shard.shard))).filter((name) => name.endsWith('.pt'));
  const paths = at.map((name) => join(place.shard(shard.shard), name));
  const files = await Promise.all(paths.map((path) => readFile(path)));
  const i = files.findIndex((bytes) => bytes.includes('"position"'));
  // Its row is missing as before, but nothing is said of it.
  await rm(paths[i]!);
  await rm(`${paths[i]!}.done`);
  const { index, run } = assembly;
  const batch = shard.firstBatch + 2 * i;
  const until = Math.min(batch + 2, shard.endBatch);
  const [[first], [, end]] = [index.batchRange(batch), index.batchRange(until - 1)];
  const ids = (await index.ids(first, end)).filter((id) => id !== 's3');
  const rows = { data: new Float32Array(ids.length * DIM), shape: [ids.length, DIM] as const };
  await writeCheckpoint(
    paths[i]!,
    rows,
    ids,
    checkpointFacts(run, shard.shard, [batch, until], [first, end]),
  );
  const error = await assemble(assembly).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ShardIncompleteError);
  expect(error).toMatchObject({ shard: shard.shard, message: expect.stringContaining('shape mismatch') });
  expect((await readdir(place.out)).sort()).toEqual(['checkpoints', 'in.fa', 'index']);
});
