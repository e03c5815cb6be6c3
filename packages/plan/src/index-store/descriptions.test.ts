import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { buildIndex } from './build-index.js';
import type { BuildIndexOptions } from './index-options.js';
import { openIndex } from './open-index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'descriptions-'));
});

async function build(texts: string[], more: Partial<BuildIndexOptions> = {}) {
  const inputs: string[] = [];
  for (const [at, text] of texts.entries()) {
    inputs.push(join(folder, `${at}.fa`));
    await writeFile(inputs.at(-1)!, text, 'latin1');
  }
  return buildIndex({
    inputs,
    folder: join(folder, 'index'),
    allowed: Uint8Array.from({ length: 256 }, (_, c) => (c >= 0x41 && c <= 0x5a ? 1 : 0)),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens: 100,
    bucket: { sequences: 16_384, residues: 1e8 },
    ...more,
  });
}

const path = () => join(folder, 'index', 'descriptions.txt');
const lines = async () => (await readFile(path(), 'utf8')).split('\n');

async function streamed(): Promise<string> {
  const index = await openIndex(join(folder, 'index'));
  try {
    const parts: Uint8Array[] = [];
    for await (const part of index.descriptionFile()) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  } finally {
    await index.close();
  }
}

test('one line a sequence, over all inputs, copies included', async () => {
  const summary = await build(['>a one\nAC\n>b\nAC\n', '>c one\nGT\n'], { dedupe: true });
  expect(await lines()).toEqual(['one', '', 'one', '']);
  expect(summary).toMatchObject({ input_sequences: [2, 1], description_bytes: 9, copies: 1 });
  expect(await streamed()).toBe('one\n\none\n');
});

test('a record that is left out has no line', async () => {
  const text = '>a one\nAC\n>a again\nAC\n>b bad\nA1\n>c two\nAC\n';
  const summary = await build([text], { onBadRecord: 'skip' });
  expect(await lines()).toEqual(['one', 'two', '']);
  expect(summary).toMatchObject({ input_sequences: [2] });
});

test('the rows of a record that is cut share its description', async () => {
  const text = '>a one\nACGTACGTAC\n>b\nACGT\n>c two\nACGTAC\n';
  const summary = await build([text, '>d two\nACGTA\n'], { cut: { chunk: { residues: 4, stride: 4 } } });
  expect(await lines()).toEqual(['one', '\t', '\t', '', 'two', '\t', 'two', '\t', '']);
  expect(summary).toMatchObject({ sequences: 8, input_sequences: [6, 2] });
});

test('so do the frames of chunks', async () => {
  const cut = { chunk: { residues: 6, stride: 6 }, translate: { frames: 'all', code: 1 } } as const;
  const summary = await build(['>a one\nACGTACGTACGT\n>b two\nACGTAC\n'], { cut });
  expect(summary.sequences).toBe(18);
  expect(await lines()).toEqual(['one', ...Array(11).fill('\t'), 'two', ...Array(5).fill('\t'), '']);
});

test('the longest descriptions fit the staging buffer, each control character escaped', async () => {
  const long = '\x01'.repeat(20_000);
  const text = Array.from({ length: 60 }, (_, i) => `>s${i} ${long}\nAC\n`).join('');
  for (const more of [{}, { cut: { chunk: { residues: 1, stride: 1 } } }] as const) {
    await build([text], more);
    const all = (await lines()).filter((line) => line !== '\t');
    expect(all).toHaveLength(61);
    for (const line of all.slice(0, 60)) expect(line).toMatch(/^(\\x01){16380,16384}…$/);
  }
});

test('a changed byte is found when it was read, a missing one at once', async () => {
  await build(['>a one\nAC\n']);
  const bytes = await readFile(path());
  await writeFile(
    path(),
    bytes.map((byte) => byte ^ 1),
  );
  await expect(streamed()).rejects.toMatchObject({ name: 'IndexError', code: 'index_damaged', path: path() });
  await writeFile(path(), bytes.subarray(1));
  await expect(streamed()).rejects.toMatchObject({ name: 'IndexError', code: 'index_damaged', path: path() });
});
