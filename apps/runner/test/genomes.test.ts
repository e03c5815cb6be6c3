import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, killedAfter } from './command.js';

const LAMBDA = fixture('lambda_virus.fa.gz');

test('chunks of a genome, translated: VirNucPro names, and the same bytes after kills', async () => {
  const folder = await freshFolder();
  const lineOf = (out: string) => [
    ...['embed', LAMBDA, '--out', join(folder, out), '--model', 'aac', '--chunk', '500', '--translate=all'],
    ...['--workers', '2', '--seq-threshold', '50', '--batch-tokens', '2000'],
  ];
  expect(await holdfast(lineOf('undisturbed'))).toMatchObject({ code: 0 });
  for (const event of ['planned', 'checkpoint', 'shard_complete']) {
    await killedAfter(event, lineOf('out'));
  }
  expect(await holdfast(lineOf('out'))).toMatchObject({ code: 0 });
  expect(await digestOf(join(folder, 'out'))).toBe(await digestOf(join(folder, 'undisturbed')));
  const ids = (await readFile(join(folder, 'out', 'ids.txt'), 'utf8')).split('\n').slice(0, -1);
  // 48,502 bases in chunks of 500.
  expect(ids).toHaveLength(98 * 6);
  expect(ids[0]).toMatch(/_chunk_1F1$/);
  expect(ids.at(-1)).toMatch(/_chunk_98R3$/);
});

test("open reading frames of lambda: its capsid protein is among them, under Prodigal's coordinates", async () => {
  const folder = await freshFolder();
  const out = join(folder, 'out');
  const line = ['embed', LAMBDA, '--out', out, '--model', 'aac', '--translate=orfs', '--min-orf', '300'];
  expect(await holdfast([...line, '--genetic-code', '11'])).toMatchObject({ code: 0 });
  const ids = (await readFile(join(out, 'ids.txt'), 'utf8')).split('\n').slice(0, -1);
  // GenBank J02459: gene E (major capsid protein) is 6135..7160, gene J (tail fibre) 15505..18903.
  expect(ids.some((id) => id.endsWith('#6135#7160#1'))).toBe(true);
  expect(ids.some((id) => id.endsWith('#15505#18903#1'))).toBe(true);
  const other = await holdfast([...line, '--genetic-code', '1']);
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--genetic-code: 11 → 1') });
});

test.each<[string[], string]>([
  [['--stride', '5'], '--stride needs --chunk'],
  [['--chunk', '5', '--stride', '6'], '--stride 6 is longer than --chunk 5'],
  [['--genetic-code', '4'], '--genetic-code needs --translate'],
  [['--min-orf', '4'], '--min-orf needs --translate=orfs'],
  [['--orf-start', 'any', '--translate=all'], '--orf-start needs --translate=orfs'],
  [['--translate=orfs', '--genetic-code', '27'], 'genetic code 27'],
  [['--translate=orfs', '--genetic-code', '7'], "NCBI's genetic codes"],
])('%j is refused before anything is read', async (more, message) => {
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  await writeFile(input, '>a\nACGT\n');
  const { code, stderr } = await holdfast([
    'embed',
    input,
    '--out',
    join(folder, 'o'),
    '--model',
    'aac',
    ...more,
  ]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test('records whose chunks would share an ID are refused, and the message names both', async () => {
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  await writeFile(input, '>a_chunk_1\nACGT\n>b\nACGT\n>a\nACGT\n>a\nAC\n');
  const line = ['embed', input, '--out', join(folder, 'o'), '--chunk', '2'];
  const { code, stderr } = await holdfast(line);
  expect([code, stderr]).toEqual([2, expect.stringContaining('record 4 ("a", line 7): duplicate ID')]);
});
