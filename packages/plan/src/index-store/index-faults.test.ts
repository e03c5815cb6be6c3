import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { BLOCK_BYTES } from './block-sums.js';
import { buildIndex } from './build-index.js';
import { FILES } from './format.js';
import { indexFaults } from './index-faults.js';
import { openIndex, readSummary } from './open-index.js';
import { repeatedIds } from './repeated-ids.js';

const { signal } = new AbortController();
let folder: string;
/** Three blocks of residues. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'index-faults-'));
  const input = join(folder, 'in.fa');
  const records = Array.from({ length: 300 }, (_, at) => `>s${at}\n${'ACGT'.repeat(150)}\n`);
  await writeFile(input, records.join(''));
  await buildIndex({
    inputs: [input],
    folder,
    allowed: new Uint8Array(256).fill(1),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens: 5000,
    bucket: { sequences: 100, residues: 1e6 },
  });
});

const faults = async () => indexFaults(folder, (await readSummary(folder)).summary, signal);
const path = (name: keyof typeof FILES) => join(folder, FILES[name]);

async function flip(name: keyof typeof FILES, at: number): Promise<void> {
  const bytes = await readFile(path(name));
  bytes[at]! ^= 1;
  await writeFile(path(name), bytes);
}

test('every damaged file is named, and where in it', async () => {
  expect(await faults()).toEqual([]);
  await flip('residues', 2 * BLOCK_BYTES + 7);
  await flip('order', 3);
  expect(await faults()).toEqual([
    {
      path: path('residues'),
      place: `bytes ${2 * BLOCK_BYTES} to ${3 * BLOCK_BYTES}`,
      problem: 'its bytes are not those that were written',
    },
    {
      path: path('order'),
      place: `bytes 0 to ${BLOCK_BYTES}`,
      problem: 'its bytes are not those that were written',
    },
  ]);
});

test('where sums of blocks are of no use, the file alone is named', async () => {
  await flip('blocks', 0);
  await flip('residues', 0);
  await rm(path('batches'));
  expect(await faults()).toEqual([
    { path: path('residues'), problem: 'its bytes are not those that were written' },
    { path: path('batches'), problem: 'is missing' },
    { path: path('blocks'), problem: 'its bytes are not those that were written' },
  ]);
});

test('IDs that are there twice are found, and the others are counted', async () => {
  const index = await openIndex(folder);
  expect(await repeatedIds(folder, index, signal)).toEqual({ repeated: [], distinct: 300 });
  await index.close();
  const ids = await readFile(path('ids'), 'utf8');
  // Of the same length, so every offset stays.
  await writeFile(
    path('ids'),
    ids.replace('s17\n', 's12\n').replace('s250\n', 's240\n').replace('s260\n', 's240\n'),
  );
  await unsum();
  const other = await openIndex(folder, undefined, { unsummed: true });
  expect(await repeatedIds(folder, other, signal)).toEqual({
    repeated: [
      { id: 's12', first: 12, again: 17 },
      { id: 's240', first: 240, again: 250 },
      { id: 's240', first: 240, again: 260 },
    ],
    distinct: 297,
  });
  await other.close();
});

/** Makes it an index of an earlier version, without sums of blocks. */
async function unsum(): Promise<void> {
  const summary = JSON.parse(await readFile(path('summary'), 'utf8'));
  delete summary.files.blocks;
  await writeFile(path('summary'), JSON.stringify(summary));
  await rm(path('blocks'));
}

test('an index without sums of blocks is read only where that is asked for', async () => {
  await unsum();
  await expect(openIndex(folder)).rejects.toMatchObject({ code: 'index_damaged', path: path('summary') });
  const index = await openIndex(folder, undefined, { unsummed: true });
  expect(await index.ids(0, 1)).toEqual(['s0']);
  await index.close();
});
