import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder, holdfast, madeModel, rowsOf } from './command.js';

test.each([
  ['N', 'not-a-number gave NaN in column 1'],
  ['R', 'not-a-number gave Infinity in column 2'],
])('a sequence for which a model gives no number, as one with %s, is quarantined', async (letter, error) => {
  const model = await madeModel('make-not-a-number.mjs');
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  const out = join(folder, 'out');
  // Two sequences in a batch.
  const line = ['embed', input, '--out', out, '--model', model, '--workers', '1', '--batch-tokens', '8'];
  await writeFile(input, `>a\nACGT\n>b\nAACC\n>c\nAC${letter}T\n>d\nACCC\n`);
  const { code, lines } = await holdfast(line);
  expect(code).toBe(3);
  expect(lines.filter(({ event }) => event === 'failed')).toMatchObject([
    { kind: 'poison_input', message: expect.stringContaining('sequence 2 ("c")') },
    { kind: 'poison_input', message: expect.stringContaining('batch 1: not-a-number gave 1 row') },
  ]);
  // Known by its row, it is tried alone, and then the others as one.
  expect(lines.filter(({ event }) => event === 'isolating')).toMatchObject([
    { batch_idx: 1, sequences: 1 },
    { batch_idx: 1, sequences: 1 },
  ]);
  expect(lines.filter(({ event }) => event === 'quarantined')).toMatchObject([
    { id: 'c', ordinal: 2, kind: 'poison_input', attempts: 3, error },
  ]);
  expect(await rowsOf(out)).toEqual([
    ['a', [1, 1, 1]],
    ['b', [2, 1, 1]],
    ['d', [1, 1, 1]],
  ]);
});
