import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { digestOf, freshFolder, globinsSixTimes, holdfast, killedAfter, madeModel } from './command.js';

let folder: string;
let input: string;
beforeEach(async () => {
  folder = await freshFolder();
  input = await globinsSixTimes(folder);
});

const lineOf = (out: string, ...more: string[]) => [
  ...['embed', input, '--out', join(folder, out), '--workers', '2', '--seq-threshold', '7'],
  ...more,
];

test.each(['tnf', 'aac'])('%s: computed once or one by one, the result has the same bytes', async (model) => {
  if (model === 'tnf') {
    input = join(folder, 'in.fa');
    const parts = ['ACGTTGCA', 'GGGTTTAA', 'ACGTTGCA', 'C', 'ACGTTGCAA', 'c', 'GGGTTTAA'];
    await writeFile(input, parts.map((residues, i) => `>s${i}\n${residues}\n`).join(''));
  }
  const once = await holdfast(lineOf('once', '--model', model));
  const each = await holdfast(lineOf('each', '--model', model, '--no-dedupe'));
  expect([once.code, each.code]).toEqual([0, 0]);
  const copies = model === 'tnf' ? 3 : 225;
  expect(once.lines.find(({ event }) => event === 'planned')).toMatchObject({ copies });
  expect(each.lines.find(({ event }) => event === 'planned')).toMatchObject({ copies: 0 });
  expect(once.lines.at(-1)).toMatchObject({ event: 'complete', sequences: model === 'tnf' ? 7 : 270 });
  expect(await digestOf(join(folder, 'once'))).toBe(await digestOf(join(folder, 'each')));
});

test('killed again and again with all its workers, a run with copies ends with the same bytes', async () => {
  const more = ['--model', 'aac', '--batch-tokens', '300'];
  await holdfast(lineOf('undisturbed', ...more));
  for (const event of ['planned', 'checkpoint', 'shard_complete', 'assembling']) {
    await killedAfter(event, lineOf('out', ...more));
  }
  expect(await holdfast(lineOf('out', ...more))).toMatchObject({ code: 0 });
  expect(await digestOf(join(folder, 'out'))).toBe(await digestOf(join(folder, 'undisturbed')));
});

test('a run that computes copies once is not resumed one by one; the other way round it goes on', async () => {
  await holdfast(lineOf('once', '--model', 'aac'));
  const refused = await holdfast(lineOf('once', '--model', 'aac', '--no-dedupe'));
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--no-dedupe: not given → given'),
  });
  await holdfast(lineOf('each', '--model', 'aac', '--no-dedupe'));
  const { code, lines } = await holdfast(lineOf('each', '--model', 'aac'));
  expect(code).toBe(0);
  expect(lines.at(-1)).toMatchObject({ event: 'complete', already: true });
});

test('the copies of a quarantined sequence are listed with it', async () => {
  const model = await madeModel('make-not-a-number.mjs');
  input = join(folder, 'in.fa');
  await writeFile(input, '>a\nACNT\n>b\nACG\n>c\nACNT\n>d\nACG\n>e\nacnt\n');
  const { code, lines } = await holdfast(lineOf('out', '--model', model));
  expect(code).toBe(3);
  expect(lines.at(-1)).toMatchObject({ event: 'complete', sequences: 2, quarantined: 3 });
  const table = await readFile(join(folder, 'out', 'quarantine.tsv'), 'utf8');
  const listed = table
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('\t').slice(0, 2));
  expect(listed).toEqual([
    ['a', '0'],
    ['c', '2'],
    ['e', '4'],
  ]);
  expect(await readFile(join(folder, 'out', 'ids.txt'), 'utf8')).toBe('b\nd\n');
});
