import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { BLOCK_BYTES, BlockSums } from './block-sums.js';
import { buildIndex } from './build-index.js';
import { FILES, SUMMED } from './format.js';
import { IndexError } from './index-error.js';
import { openIndex } from './open-index.js';
import type { SequenceIndex } from './sequence-index.js';
import { verifyIndex } from './verify-index.js';

/** The table of skipped records is there only if there are any. */
const ALWAYS = Object.values(FILES).filter((name) => name !== FILES.skipped);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-index-'));
  const input = join(folder, 'in.fa');
  await writeFile(input, '>a\nACGT\n>b\nAC\n>ccc\nGGGGGG\n>d\nT\n>e\nCC\n');
  await buildIndex({
    inputs: [input],
    folder,
    allowed: new Uint8Array(256).fill(1),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens: 8,
    bucket: { sequences: 3, residues: 100 },
    dedupe: true,
  });
});

/** Makes the checksums match the current files, as a faulty writer would. */
async function vouch(): Promise<void> {
  const sums: number[] = [];
  for (const name of SUMMED[3]) {
    const blocks = new BlockSums();
    blocks.update(await readFile(join(folder, FILES[name])));
    sums.push(...blocks.finish());
  }
  const bytes = Buffer.from(Uint32Array.from(sums).buffer);
  await writeFile(join(folder, FILES.blocks), bytes);
  const path = join(folder, FILES.summary);
  const summary = JSON.parse(await readFile(path, 'utf8'));
  summary.files.blocks = createHash('sha256').update(bytes).digest('hex');
  await writeFile(path, JSON.stringify(summary));
}

test('any range of positions can be read, even across buckets or empty', async () => {
  const index = await openIndex(folder);
  expect([index.sequences, index.batches, index.summary.windows]).toEqual([5, 3, 2]);
  expect([0, 1, 2].map((batch) => index.batchRange(batch))).toEqual([
    [0, 1],
    [1, 3],
    [3, 5],
  ]);
  const ids = ['ccc', 'a', 'b', 'e', 'd'];
  const residues = ['GGGGGG', 'ACGT', 'AC', 'CC', 'T'];
  for (let first = 0; first <= 5; first++) {
    for (let end = first; end <= 5; end++) {
      expect(await index.ids(first, end)).toEqual(ids.slice(first, end));
      const read = await index.residues(first, end);
      expect(read.map((part) => Buffer.from(part).toString())).toEqual(residues.slice(first, end));
    }
  }
  expect(await index.allIds()).toEqual(['a', 'b', 'ccc', 'd', 'e']);
  expect(await index.bucketAt(4)).toEqual({
    first: 3,
    end: 5,
    start: 3,
    order: Uint32Array.of(4, 3),
    originals: null,
    inInputOrder: false,
  });
  expect(Array.from(await index.batchWeights())).toEqual([6, 6, 3]);
  await index.close();
});

test('reading batches in order reads every byte once', async () => {
  const probe = await open(join(folder, 'ids.txt'), 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  const read = vi.spyOn(prototype, 'read');
  try {
    const index = await openIndex(folder);
    read.mockClear();
    for (let batch = 0; batch < index.batches; batch++) {
      const [first, end] = index.batchRange(batch);
      await Promise.all([index.residues(first, end), index.ids(first, end)]);
      await index.ids(first, end);
    }
    // For each bucket: its order, and offsets and bytes of both kinds; fewer if the cached block has them.
    expect(read.mock.calls.length).toBeLessThanOrEqual(2 * 5);
    await index.close();
  } finally {
    read.mockRestore();
    await probe.close();
  }
});

test('a range outside the index is refused', async () => {
  const index = await openIndex(folder);
  expect(() => index.batchRange(3)).toThrow(RangeError);
  expect(() => index.batchRange(-1)).toThrow(RangeError);
  for (const [first, end] of [
    [0, 6],
    [-1, 2],
    [3, 2],
    [0.5, 1],
  ] as const) {
    await expect(index.ids(first, end)).rejects.toThrow(RangeError);
    await expect(index.residues(first, end)).rejects.toThrow(RangeError);
  }
  for (const position of [-1, 5, 0.5]) await expect(index.bucketAt(position)).rejects.toThrow(RangeError);
  await index.close();
});

test.each(ALWAYS)('%s missing, shorter or longer is detected at opening', async (name) => {
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
  ['of the first format', (summary) => Object.assign(summary, { format: 1 }), 'index_format'],
  ['of a later format', (summary) => Object.assign(summary, { format: 4 }), 'index_format'],
  ['with an invalid count', (summary) => Object.assign(summary, { sequences: -1 }), 'index_damaged'],
  ['without its inputs', (summary) => Object.assign(summary, { inputs: undefined }), 'index_damaged'],
])('a summary %s is refused', async (_, change, code) => {
  const path = join(folder, 'summary.json');
  const summary = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(summary);
  await writeFile(path, JSON.stringify(summary));
  await expect(openIndex(folder)).rejects.toMatchObject({ code, path });
});

test.each([
  ['batches.bin', [1, 1, 3, 5]],
  ['batches.bin', [0, 3, 3, 5]],
  ['batches.bin', [0, 3, 1, 5]],
  ['batches.bin', [0, 1, 3, 6]],
  ['windows.bin', [1, 3, 5]],
  ['windows.bin', [0, 5, 5]],
  ['windows.bin', [0, 3, 6]],
  ['starts.bin', [1, 3, 5]],
  ['starts.bin', [0, 6, 5]],
  ['starts.bin', [0, 3, 6]],
])('%s with ranges that do not cover the sequences in order are refused: %j', async (name, starts) => {
  const path = join(folder, name);
  await writeFile(path, Uint32Array.from(starts));
  await vouch();
  await expect(openIndex(folder)).rejects.toMatchObject({ code: 'index_damaged', path });
});

test('a batch that spans two buckets is refused', async () => {
  for (const file of ['windows.bin', 'starts.bin'])
    await writeFile(join(folder, file), Uint32Array.of(0, 2, 5));
  await vouch();
  const path = join(folder, 'batches.bin');
  await expect(openIndex(folder)).rejects.toMatchObject({ code: 'index_damaged', path });
});

test.each([
  ['originals.bin', [0, 1, 2, 4, 4]],
  ['order.bin', [0, 1, 2, 3, 3]],
])(
  'a copy of a later sequence, and a copy that has a position, are refused when they are read',
  async (file, numbers) => {
    const name = file === 'order.bin' ? 'originals.bin' : file;
    await writeFile(join(folder, name), Uint32Array.from(numbers));
    await vouch();
    const index = await openIndex(folder);
    const path = join(folder, file);
    await expect(index.bucketAt(3)).rejects.toMatchObject({ code: 'index_damaged', path });
    await index.close();
  },
);

test('an order with a missing or duplicate sequence is refused when it is read', async () => {
  const path = join(folder, 'order.bin');
  for (const order of [
    [2, 2, 1, 4, 3],
    [2, 0, 3, 4, 1],
    [2, 0, 2 ** 32 - 1, 4, 3],
  ]) {
    await writeFile(path, Uint32Array.from(order));
    await vouch();
    const index = await openIndex(folder);
    const damaged = { code: 'index_damaged', path };
    await expect(index.residues(0, 1)).rejects.toMatchObject(damaged);
    await expect(index.ids(0, 1)).rejects.toMatchObject(damaged);
    await expect(index.batchWeights()).rejects.toMatchObject(damaged);
    await index.close();
  }
});

test('offsets that fall or leave the file are refused when they are read, before memory is allocated', async () => {
  for (const name of ['residue-offsets.bin', 'id-offsets.bin']) {
    const path = join(folder, name);
    const bytes = await readFile(path);
    for (const wrong of [0n, 2n ** 50n]) {
      const changed = Buffer.from(bytes);
      changed.writeBigUInt64LE(wrong, 16);
      await writeFile(path, changed);
      await vouch();
      const index = await openIndex(folder);
      const read = name === 'id-offsets.bin' ? index.ids(2, 3) : index.residues(2, 3);
      await expect(read).rejects.toMatchObject({ code: 'index_damaged' });
      await index.close();
    }
    await writeFile(path, bytes);
  }
});

test.each(ALWAYS.filter((name) => name !== FILES.summary))(
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

test.each<[keyof typeof FILES, (index: SequenceIndex) => Promise<unknown>]>([
  ['residues', (index) => index.residues(0, 5)],
  ['residues', (index) => index.firstResidues(3)],
  ['residueOffsets', (index) => index.residues(0, 5)],
  ['residueOffsets', (index) => index.batchWeights()],
  ['ids', (index) => index.ids(0, 5)],
  ['ids', (index) => index.allIds()],
  ['ids', (index) => index.idFile().next()],
  ['idOffsets', (index) => index.ids(0, 5)],
  ['order', (index) => index.bucketAt(0)],
])('a bit of %s that flips after verification is detected when it is read', async (name, read) => {
  const path = join(folder, FILES[name]);
  const bytes = await readFile(path);
  const intact = await openIndex(folder);
  const due = await read(intact);
  await intact.close();
  // Opening the index read and cached the last block of the offsets.
  const mayBeKept = name.endsWith('Offsets');
  for (let at = 0; at < bytes.length; at++) {
    const index = await openIndex(folder);
    await verifyIndex(folder, index, new AbortController().signal);
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << (at & 7);
    await writeFile(path, flipped);
    const outcome = await read(index).catch((error: unknown) => error);
    if (!mayBeKept || outcome instanceof IndexError)
      expect(outcome).toMatchObject({ code: 'index_damaged', path });
    else expect(outcome).toEqual(due);
    await index.close();
    await writeFile(path, bytes);
  }
});

test.each(['windows', 'batches', 'blocks'] as const)(
  'a flipped bit of %s, which are read at opening, is detected then',
  async (name) => {
    const path = join(folder, FILES[name]);
    const bytes = await readFile(path);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at & 7);
      await writeFile(path, flipped);
      await expect(openIndex(folder)).rejects.toMatchObject({ code: 'index_damaged', path });
    }
  },
);

test('in a file of many blocks, only the blocks that are read are checked', async () => {
  const input = join(folder, 'long.fa');
  const long = Buffer.alloc(3 * BLOCK_BYTES, 'ACGT');
  await writeFile(input, `>first\n${long}\n>second\n${long.subarray(0, 1000)}\n`);
  await buildIndex({
    inputs: [input],
    folder,
    allowed: new Uint8Array(256).fill(1),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens: 8,
    bucket: { sequences: 1, residues: 1e6 },
  });
  const index = await openIndex(folder);
  const path = join(folder, FILES.residues);
  const bytes = await readFile(path);
  bytes[BLOCK_BYTES]! ^= 1;
  await writeFile(path, bytes);
  expect(Buffer.from((await index.residues(1, 2))[0]!)).toEqual(long.subarray(0, 1000));
  await expect(index.residues(0, 1)).rejects.toThrow(
    `${path}: its bytes 65536 to 131072 are not those that were written`,
  );
  await index.close();
});

test('an index opens only with its own digest', async () => {
  const index = await openIndex(folder);
  const { digest } = index;
  await index.close();
  await (await openIndex(folder, digest)).close();
  const path = join(folder, FILES.summary);
  await writeFile(path, (await readFile(path, 'utf8')).replace('"batch_tokens": 8', '"batch_tokens": 9'));
  await expect(openIndex(folder, digest)).rejects.toMatchObject({ code: 'index_other', path });
});
