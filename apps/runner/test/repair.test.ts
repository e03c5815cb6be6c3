import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, windows } from './command.js';

let reads: string;
let complete: string;
let whole: string;
const line = (out: string) => ['embed', reads, '--out', out, '--shards', '3', '--seq-threshold', '500'];
beforeAll(async () => {
  reads = await windows(6000);
  complete = join(await freshFolder(), 'out');
  expect(await holdfast(line(complete))).toMatchObject({ code: 0 });
  whole = await digestOf(complete);
});

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = bytes[at]! ^ 0x40;
  await writeFile(path, bytes);
}

const damages: [what: string, damage: (out: string) => Promise<void>][] = [
  ['one bit of a checkpoint', (out) => flip(join(out, 'checkpoints/shard_1/batch_00000.pt'), 100_000)],
  ['a checkpoint cut short', (out) => truncate(join(out, 'checkpoints/shard_0/batch_00001.pt'), 1000)],
  ['a checkpoint gone', (out) => rm(join(out, 'checkpoints/shard_2/batch_00001.pt'))],
  ['a marker gone', (out) => rm(join(out, 'checkpoints/shard_0/batch_00000.pt.done'))],
  ['a whole shard gone', (out) => rm(join(out, 'checkpoints/shard_1'), { recursive: true })],
  ['all checkpoints gone', (out) => rm(join(out, 'checkpoints'), { recursive: true })],
  [
    'two shards exchanged',
    async (out) => {
      const shard = (n: string) => join(out, 'checkpoints', n);
      await cp(shard('shard_0'), shard('aside'), { recursive: true });
      await rm(shard('shard_0'), { recursive: true });
      await cp(shard('shard_1'), shard('shard_0'), { recursive: true });
      await rm(shard('shard_1'), { recursive: true });
      await cp(shard('aside'), shard('shard_1'), { recursive: true });
    },
  ],
  ['a manifest that is no JSON', (out) => writeFile(join(out, 'checkpoints/manifest.json'), '{"version":')],
  [
    'a manifest that lacks a shard',
    async (out) => {
      const path = join(out, 'checkpoints/manifest.json');
      const manifest = JSON.parse(await readFile(path, 'utf8'));
      delete manifest.shards['1'];
      await writeFile(path, JSON.stringify(manifest));
    },
  ],
  [
    'a manifest whose journal is of no use',
    (out) => writeFile(join(out, 'checkpoints/manifest.json.journal'), 'nothing of ours\n'),
  ],
  ['the manifest gone', (out) => rm(join(out, 'checkpoints/manifest.json'))],
];

// The result is removed too, so that it must be joined anew from what is left.
test.each(damages)('%s: the same line mends it to the same bytes', async (_what, damage) => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  await rm(join(out, 'embeddings.safetensors'));
  await damage(out);
  const { code, stderr } = await holdfast(line(out));
  expect([code, stderr]).toEqual([0, '']);
  expect(await digestOf(out)).toBe(whole);
});

test.each(['embeddings.safetensors', 'ids.txt'])(
  'one bit of the result (%s): the same line joins it anew to the same bytes',
  async (name) => {
    const out = join(await freshFolder(), 'out');
    await cp(complete, out, { recursive: true });
    await flip(join(out, name), 700);
    const { code, lines } = await holdfast(line(out));
    expect([code, lines.at(-1)!['already']]).toEqual([0, false]);
    expect(await digestOf(out)).toBe(whole);
  },
);

test('what was damaged so that it cannot be read is moved aside, never deleted', async () => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  await rm(join(out, 'result.json'));
  const folder = join(out, 'checkpoints/shard_1');
  await truncate(join(folder, 'batch_00001.pt'), 100_000);
  const damaged = await readFile(join(folder, 'batch_00001.pt'));
  expect(await holdfast(line(out))).toMatchObject({ code: 0 });
  const aside = (await readdir(folder)).filter((name) => /^batch_00001\.pt\.corrupt(?!.*done)/.test(name));
  expect(aside).toHaveLength(1);
  expect(damaged.equals(await readFile(join(folder, aside[0]!)))).toBe(true);
});

test.each([
  'residues.bin',
  'ids.txt',
  'batches.bin',
  'windows.bin',
  'order.bin',
  'residue-offsets.bin',
  'id-offsets.bin',
  'summary.json',
])('an index with a flipped bit (%s) is rebuilt from the input, and no checkpoint is lost', async (file) => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  await rm(join(out, 'result.json'));
  await rm(join(out, 'checkpoints/shard_1'), { recursive: true });
  const path = join(out, 'index', file);
  await flip(path, 12);
  const { code, stderr } = await holdfast(line(out));
  expect([code, stderr]).toEqual([0, '']);
  expect(await digestOf(out)).toBe(whole);
});

test.each(['windows.bin', 'order.bin'])('an index without its %s is rebuilt from the input', async (file) => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  await rm(join(out, 'result.json'));
  await rm(join(out, 'index', file));
  const { code, lines } = await holdfast(line(out));
  expect(code).toBe(0);
  expect(lines.find(({ event }) => event === 'warning')!['message']).toContain(file);
  expect(await digestOf(out)).toBe(whole);
});

test('an index of the first format is rebuilt from the input', async () => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  await rm(join(out, 'result.json'));
  const path = join(out, 'index/summary.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), format: 1 }));
  const { code, lines } = await holdfast(line(out));
  expect(code).toBe(0);
  expect(lines.find(({ event }) => event === 'warning')!['message']).toMatch(
    /it has format 1, .*rebuilding the index from the input/,
  );
  expect(await digestOf(out)).toBe(whole);
});

test('more damaged shards than one is worked on again for are mended by one run', async () => {
  const out = join(await freshFolder(), 'out');
  const many = ['embed', reads, '--out', out, '--shards', '6'];
  expect(await holdfast(many)).toMatchObject({ code: 0 });
  const before = await digestOf(out);
  await rm(join(out, 'embeddings.safetensors'));
  for (let i = 0; i < 6; i++) await flip(join(out, `checkpoints/shard_${i}/batch_00000.pt`), 50_000);
  const { code, stderr } = await holdfast(many);
  expect([code, stderr]).toEqual([0, '']);
  expect(await digestOf(out)).toBe(before);
});
