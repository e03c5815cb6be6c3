import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  freshFolder,
  globinsSixTimes,
  holdfast,
  killedAfter,
  killedAt,
  madeModel,
  start,
} from './command.js';
import { faultsOf, fitResult, look } from './verify-run.js';

// `sequences.tsv` and the provenance of a result, whatever is killed.

let folder: string;
let input: string;
let undisturbed: string;

const lineOf = (out: string, ...more: string[]) => [
  ...['embed', input, '--out', join(folder, out), '--model', 'aac', '--workers', '2', '--shards', '3'],
  ...['--seq-threshold', '7', '--batch-tokens', '300', ...more],
];
const table = async (out: string) =>
  (await readFile(join(out, 'sequences.tsv'), 'utf8')).split('\n').map((line) => line.split('\t'));
const resultOf = async (out: string) => JSON.parse(await readFile(join(out, 'result.json'), 'utf8'));
/** The sums of all files of a result. */
const sums = async (out: string) => (await resultOf(out)).files;

beforeAll(async () => {
  folder = await freshFolder();
  input = await globinsSixTimes(folder);
  undisturbed = join(folder, 'undisturbed');
  expect(await holdfast(lineOf('undisturbed'))).toMatchObject({ code: 0 });
});

test('a line for each sequence says where it is from and where its row is', async () => {
  const [header, ...lines] = await table(undisturbed);
  expect(header!.join(' ')).toBe(
    'ordinal id description file length tokens truncated duplicate_of quarantined row shard batch',
  );
  expect(lines.pop()).toEqual(['']);
  const ids = (await readFile(join(undisturbed, 'ids.txt'), 'utf8')).split('\n').slice(0, -1);
  expect(lines.map(([, id]) => id)).toEqual(ids);
  expect(lines.map(([ordinal]) => Number(ordinal))).toEqual([...ids.keys()]);
  for (const line of lines) expect(line).toHaveLength(header!.length);
  const copies = lines.filter(([, , , , , , , duplicateOf]) => duplicateOf !== '');
  expect(copies).toHaveLength(225);
  for (const [, , , file, length, tokens, truncated, duplicateOf, quarantined, row, ...place] of copies) {
    const original = lines[Number(duplicateOf)]!;
    expect([file, length, tokens, truncated, quarantined]).toEqual([
      input,
      original[4],
      original[5],
      'no',
      'no',
    ]);
    expect(row).not.toBe(original[9]);
    expect(place).toEqual(original.slice(10));
  }
  expect(faultsOf(await look(undisturbed))).toEqual([]);
});

test.each([
  ['open', 'sequences.tsv.tmp'],
  ['rename', 'sequences.tsv.tmp'],
  ['rename', 'result.json.tmp'],
])('killed at the %s of %s, a run ends with the same bytes', async (at, name) => {
  // A name that the expression does not match.
  const out = await mkdtemp(join(folder, 'cut-'));
  await cp(undisturbed, out, { recursive: true });
  await rm(join(out, 'result.json'));
  await rm(join(out, 'sequences.tsv'));
  const line = lineOf(basename(out));
  const env = killedAt(at, name);
  expect(await holdfast(line, '', { env })).toMatchObject({ signal: 'SIGKILL' });
  expect(faultsOf(await look(out))).toEqual([]);
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  expect(await sums(out)).toEqual(await sums(undisturbed));
  const { starts } = (await resultOf(out)).provenance;
  expect(starts.map(({ ended }: { ended?: string }) => typeof ended)).toEqual([
    'string',
    'undefined',
    'string',
  ]);
});

test('killed while it embeds, a run ends with the same table', async () => {
  for (const event of ['checkpoint', 'shard_complete']) {
    await killedAfter(event, lineOf('killed'));
  }
  expect(await holdfast(lineOf('killed'))).toMatchObject({ code: 0 });
  const out = join(folder, 'killed');
  expect(await sums(out)).toEqual(await sums(undisturbed));
  expect(faultsOf(await look(out))).toEqual([]);
  const { provenance } = await resultOf(out);
  expect(provenance).toMatchObject({ model: { name: 'aac' }, device: 'cpu', batch_tokens: 300 });
  expect(provenance.starts).toHaveLength(3);
  expect(provenance.starts[2].command).toEqual(
    expect.arrayContaining(['holdfast', 'embed', input, '--workers', '2']),
  );
});

test('a table with exchanged lines is found, though every checksum was made to fit', async () => {
  const out = join(folder, 'planted');
  await cp(undisturbed, out, { recursive: true });
  const path = join(out, 'sequences.tsv');
  const lines = (await readFile(path, 'utf8')).split('\n');
  for (const [from, to, due] of [
    [/\t3$/, '\t4', /^sequences\.tsv, line \d+: it has "/],
    [/\tno\t\tno\t/, '\tyes\t\tno\t', /^sequences\.tsv: it has [\d,]+ tokens and 1 truncated/],
    [/\t\d+\tno\t\tno\t/, '\t9999\tno\t\tno\t', /^sequences\.tsv: it has [\d,]+ tokens/],
  ] as const) {
    const at = lines.findIndex((line) => from.test(line));
    await writeFile(path, lines.with(at, lines[at]!.replace(from, to)).join('\n'));
    await fitResult(out);
    expect(faultsOf(await look(out))).toEqual([expect.stringMatching(due)]);
  }
  const repaired = await look(out, { repair: true });
  expect(repaired.repair!.moved.sort()).toEqual(['result.json.corrupt', 'sequences.tsv.corrupt']);
  expect(await holdfast(lineOf('planted'))).toMatchObject({ code: 0 });
  expect(await sums(out)).toEqual(await sums(undisturbed));
});

test('quarantined sequences have a line, but no row', async () => {
  const model = await madeModel('make-not-a-number.mjs');
  const fasta = join(folder, 'in.fa');
  await writeFile(fasta, '>a one\nACGT\n>b\nAACC\n>c two\nACNT\n>d\nACCC\n>e\nACNT\n');
  const out = join(folder, 'quarantine');
  const line = [
    'embed',
    fasta,
    '--out',
    out,
    '--model',
    model,
    '--workers',
    '1',
    '--shards',
    '1',
    '--batch-tokens',
    '8',
  ];
  const running = start(line);
  running.child.stdin!.end();
  await running.until('planned');
  // The plan has all that the table needs.
  await rm(fasta);
  expect(await running.ended).toMatchObject({ code: 3 });
  const [, ...lines] = await table(out);
  expect(lines.slice(0, 5).map((fields) => [fields[1], fields[2], ...fields.slice(7)])).toEqual([
    ['a', 'one', '', 'no', '0', '0', '0'],
    ['b', '', '', 'no', '1', '0', '0'],
    ['c', 'two', '', 'yes', '', '0', '1'],
    ['d', '', '', 'no', '2', '0', '1'],
    ['e', '', '2', 'yes', '', '0', '1'],
  ]);
  expect(faultsOf(await look(out))).toEqual([]);
});
