import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { buildIndex, openIndex, verifyIndex } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-index-'));
  const input = join(folder, 'in.fa');
  await writeFile(input, '>a\nACGT\n>b\nAC\n>ccc\nGGGGGG\n>d\nT\n');
  await buildIndex({
    inputs: [input],
    folder,
    allowed: new Uint8Array(256).fill(1),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens: 8,
  });
});

test('any range can be read, the empty one too', async () => {
  const index = await openIndex(folder);
  expect([index.sequences, index.batches]).toEqual([4, 3]);
  expect([0, 1, 2].map((batch) => index.batchRange(batch))).toEqual([
    [0, 2],
    [2, 3],
    [3, 4],
  ]);
  expect(await index.ids(1, 4)).toEqual(['b', 'ccc', 'd']);
  const residues = await index.residues(1, 3);
  expect(residues.map((part) => Buffer.from(part).toString())).toEqual(['AC', 'GGGGGG']);
  expect(residues[0]!.buffer).toBe(residues[1]!.buffer);
  expect(await index.residueCount(1, 3)).toBe(8);
  expect(await index.ids(4, 4)).toEqual([]);
  expect(await index.residues(0, 0)).toEqual([]);
  await index.close();
});

test('a range outside the index is refused', async () => {
  const index = await openIndex(folder);
  expect(() => index.batchRange(3)).toThrow(RangeError);
  expect(() => index.batchRange(-1)).toThrow(RangeError);
  for (const [first, end] of [
    [0, 5],
    [-1, 2],
    [3, 2],
    [0.5, 1],
  ] as const) {
    await expect(index.ids(first, end)).rejects.toThrow(RangeError);
    await expect(index.residues(first, end)).rejects.toThrow(RangeError);
    await expect(index.residueCount(first, end)).rejects.toThrow(RangeError);
  }
  await index.close();
});

const files = [
  'residues.bin',
  'residue-offsets.bin',
  'ids.txt',
  'id-offsets.bin',
  'batches.bin',
  'summary.json',
];

test.each(files)('%s missing, shorter or longer is found at once', async (name) => {
  const path = join(folder, name);
  const bytes = await readFile(path);
  await truncate(path, bytes.length - 2);
  await expect(openIndex(folder)).rejects.toMatchObject({ name: 'IndexError', code: 'index_damaged' });
  await writeFile(path, Buffer.concat([bytes, Buffer.from('..')]));
  await expect(openIndex(folder)).rejects.toMatchObject({ code: 'index_damaged' });
  await rm(path);
  await expect(openIndex(folder)).rejects.toMatchObject({ code: 'index_missing', path });
});

test.each<[string, (summary: Record<string, unknown>) => void, string]>([
  ['of another format', (summary) => Object.assign(summary, { format: 2 }), 'index_format'],
  ['with a count that is none', (summary) => Object.assign(summary, { sequences: -1 }), 'index_damaged'],
  ['without its inputs', (summary) => Object.assign(summary, { inputs: undefined }), 'index_damaged'],
])('a summary %s is refused', async (_, change, code) => {
  const path = join(folder, 'summary.json');
  const summary = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(summary);
  await writeFile(path, JSON.stringify(summary));
  await expect(openIndex(folder)).rejects.toMatchObject({ code, path });
});

test('batches that do not cover the sequences in order are refused', async () => {
  const path = join(folder, 'batches.bin');
  for (const starts of [
    [1, 2, 3, 4],
    [0, 2, 2, 4],
    [0, 3, 2, 4],
    [0, 2, 3, 5],
  ]) {
    await writeFile(path, Uint32Array.from(starts));
    await expect(openIndex(folder)).rejects.toMatchObject({ code: 'index_damaged', path });
  }
});

test('offsets that fall or leave the file are refused when they are read, without asking for the memory', async () => {
  for (const name of ['residue-offsets.bin', 'id-offsets.bin']) {
    const path = join(folder, name);
    const bytes = await readFile(path);
    for (const wrong of [0n, 2n ** 50n]) {
      const changed = Buffer.from(bytes);
      changed.writeBigUInt64LE(wrong, 16);
      await writeFile(path, changed);
      const index = await openIndex(folder);
      const read = name === 'id-offsets.bin' ? index.ids(1, 2) : index.residues(1, 2);
      await expect(read).rejects.toMatchObject({ code: 'index_damaged' });
      await index.close();
    }
    await writeFile(path, bytes);
  }
});

test.each(['residues.bin', 'residue-offsets.bin', 'ids.txt', 'id-offsets.bin', 'batches.bin'])(
  'any flipped bit of %s is found by the full check',
  async (name) => {
    const signal = new AbortController().signal;
    const path = join(folder, name);
    const bytes = await readFile(path);
    const index = await openIndex(folder);
    await verifyIndex(folder, index, signal);
    for (let at = 0; at < bytes.length; at += 3) {
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ 1;
      await writeFile(path, flipped);
      await expect(verifyIndex(folder, index, signal)).rejects.toMatchObject({ code: 'index_damaged', path });
    }
    await index.close();
  },
);
