import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, resolveModel } from '@holdfast/gpu-runtime';
import { beforeEach, expect, test } from 'vitest';
import { digestOf, type Ended, fixture, freshFolder, holdfast, killedAfter, rowsOf } from './command.js';

const model = (name: string) =>
  fileURLToPath(new URL(`../../../packages/gpu-runtime/test/fixtures/${name}`, import.meta.url));
const ESM2 = model('tiny_esm2');
const DNA = model('dna_encoder');
const BEFORE = fixture('run_before_letters');

let out: string;
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const line = (input: string, of: string, ...more: string[]) => [
  ...['embed', input, '--out', out, '--model', of, '--workers', '1', '--shards', '3', '--device', 'cpu'],
  ...more,
];
const run = async (input: string, of: string, ...more: string[]): Promise<Ended> => {
  const ended = await holdfast(line(input, of, ...more));
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  return ended;
};
const resultOf = async () => JSON.parse(await readFile(join(out, 'result.json'), 'utf8'));
const warningsOf = ({ lines }: Ended) => lines.filter(({ event }) => event === 'warning');
const rows = async () => new Map(await rowsOf(out));

/** The row of letters exactly as they are given, by the library alone. */
async function rowAsItStands(folder: string, residues: string): Promise<number[]> {
  const loaded = await loadModel(await resolveModel(folder));
  try {
    return [...(await loaded.embed([Buffer.from(residues)]))];
  } finally {
    await loaded.release();
  }
}

function expectNear(row: readonly number[], wanted: readonly number[], near: boolean): void {
  const apart = Math.max(...row.map((value, i) => Math.abs(value - wanted[i]!)));
  if (near) expect(apart).toBeLessThan(1e-5);
  else expect(apart).toBeGreaterThan(1e-3);
}

const once = (id: string, letters: number) => ({ letters, sequences: 1, first: [id] });
const RNA = 'ACGUUGCAAGCUUAGGCUAACGAUCGAUCGGAUCUUAGC';
const PROTEIN = 'MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ';

test('RNA for a DNA model has the rows of its DNA, byte for byte, and what is unknown is counted at planning', async () => {
  const ended = await run(fixture('letters_dna.fa'), DNA, '--batch-tokens', '60');
  const found = await rows();
  expect(found.get('rna')).toEqual(found.get('dna'));
  expect(found.get('lower')).toEqual(found.get('dna'));
  const { letters, warnings } = await resultOf();
  expect(letters).toMatchObject({
    read_as: { from: 'U', to: 'T', ...once('rna', 10) },
    gaps: { dropped: true, ...once('gapped', 3) },
    without_residues: { sequences: 1, first: ['Ns'] },
  });
  expect(letters.unknown).toMatchObject({ sequences: 2, first: ['Ns', 'iupac'] });
  const iupac = Object.fromEntries([...'RYSWKMBDHV'].map((letter) => [letter, once('iupac', 1)]));
  expect(letters.unknown.letters).toEqual({ N: once('Ns', 25), ...iupac });
  // Told before anything is embedded, with the facts, and not again at the end.
  const told = warningsOf(ended);
  const { lines } = ended;
  const planned = lines.findIndex(({ event }) => event === 'planned');
  for (const warning of told) expect(lines.indexOf(warning)).toBeLessThan(planned);
  expect(told.map(({ message }) => message)).toEqual(warnings);
  expect(told).toHaveLength(4);
  expect(told[0]).toMatchObject({ letters: { read_as: letters.read_as } });
  expect(told[1]).toMatchObject({ letters: { unknown: letters.unknown } });
  expect(told[2]).toMatchObject({ letters: { gaps: letters.gaps } });
});

test('--keep-u gives the row of U as it stands, and counts it as unknown', async () => {
  await run(fixture('letters_dna.fa'), DNA, '--keep-u');
  const found = await rows();
  expectNear(found.get('rna')!, await rowAsItStands(DNA, RNA), true);
  expectNear(found.get('rna')!, found.get('dna')!, false);
  const { letters } = await resultOf();
  expect(letters).not.toHaveProperty('read_as');
  expect(letters.unknown.letters.U).toEqual(once('rna', 10));
});

test('a final stop is no part of a protein, and other letters that the model does not know are counted', async () => {
  const ended = await run(fixture('letters_proteins.fa'), ESM2, '--batch-tokens', '60', '--keep-gaps');
  const found = await rows();
  expect(found.get('a')).toEqual(found.get('b'));
  expect(found.get('lower')).toEqual(found.get('b'));
  const { letters, warnings } = await resultOf();
  expect(letters).toEqual({
    unknown: { sequences: 2, first: ['j', 'star'], letters: { '*': once('star', 1), J: once('j', 1) } },
    final_stops: { dropped: true, ...once('a', 1) },
    other_stops: once('star', 1),
    gaps: { letters: 7, sequences: 2, first: ['gaps', 'dash'] },
    without_residues: { sequences: 2, first: ['dash', 'star'] },
  });
  expect(warningsOf(ended).map(({ message }) => message)).toEqual(warnings);
  expect(warnings).toHaveLength(4);
});

test('--keep-stop gives the row of the stop as it stands', async () => {
  await run(fixture('letters_proteins.fa'), ESM2, '--keep-stop', '--keep-gaps');
  const found = await rows();
  expectNear(found.get('a')!, await rowAsItStands(ESM2, `${PROTEIN}*`), true);
  expectNear(found.get('a')!, found.get('b')!, false);
  const { letters } = await resultOf();
  expect(letters.final_stops).toEqual({ dropped: false, ...once('a', 1) });
  expect(letters.unknown.letters['*']).toEqual({ letters: 2, sequences: 2, first: ['a', 'star'] });
});

test('--strip-stop drops a final stop that the model knows, is part of the run, and is for proteins only', async () => {
  const folder = await freshFolder();
  await cp(ESM2, join(folder, 'model'), { recursive: true });
  const of = join(folder, 'model');
  // A vocabulary that has the stop, in the place of a letter that nobody uses.
  const path = join(of, 'vocab.txt');
  const vocabulary = await readFile(path, 'utf8');
  await writeFile(path, vocabulary.replace(/^O$/m, '*'));
  const input = join(folder, 'in.fa');
  await writeFile(input, `>a\n${PROTEIN}\n>b\n${PROTEIN}*\n>c\n${PROTEIN}*--\n`);
  await run(input, of);
  let found = await rows();
  expectNear(found.get('b')!, found.get('a')!, false);
  const refused = await holdfast(line(input, of, '--strip-stop'));
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('--strip-stop: not given → given'),
  ]);
  const { lines } = await run(input, of, '--strip-stop', '--force-restart');
  found = await rows();
  expect([found.get('b'), found.get('c')]).toEqual([found.get('a'), found.get('a')]);
  const told = lines.find(({ message }) =>
    /^2 of 3 sequences end with \*, which is dropped: b, c; .*leave out --strip-stop/.test(String(message)),
  );
  expect(told).toBeDefined();
  const both = await holdfast(line(input, of, '--strip-stop', '--keep-stop'));
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('contradict each other')]);
  const dna = await holdfast(line(fixture('letters_dna.fa'), DNA, '--strip-stop'));
  expect([dna.code, dna.stderr]).toEqual([2, expect.stringContaining('--strip-stop is about proteins')]);
});

test('tnf says at planning how many sequences hold letters it leaves out, and nothing else, beside its rows of zeros', async () => {
  const { lines } = await run(fixture('letters_dna.fa'), 'tnf');
  const { letters, warnings } = await resultOf();
  expect(letters).not.toHaveProperty('read_as');
  const planned = lines.findIndex(({ event }) => event === 'planned');
  const at = lines.findIndex(({ message }) => /no definite residue/.test(String(message)));
  expect([at >= 0, at < planned]).toEqual([true, true]);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^2 of 6 sequences contain letters that tnf does not know \(.*\), and no window that holds one is counted: /,
    ),
    expect.stringMatching(
      /^1 of 6 sequences contains gaps, 3 in all, which are left out: gapped; .*--keep-gaps/,
    ),
    expect.stringMatching(
      /^1 of 6 sequences contains no definite residue that tnf knows, so there is nothing to count: Ns;/,
    ),
    expect.stringMatching(/^1 sequence has a row of zeros: Ns; such a row means: /),
  ]);
});

test('translated frames keep their stops, which are counted', async () => {
  const { lines } = await run(fixture('letters_dna.fa'), ESM2, '--translate', 'all');
  const { letters } = await resultOf();
  const { read_as, final_stops } = letters;
  const first = lines.find(({ event }) => event === 'warning');
  expect(first?.['message']).toMatch(/^1 of 6 records contains gaps, 3 in all, .*: gapped$/);
  expect(read_as).toBeUndefined();
  expect(final_stops.dropped).toBe(false);
  expect(letters.unknown.letters['*'].letters).toBe(final_stops.letters + letters.other_stops.letters);
  expect(letters.other_stops.letters).toBeGreaterThan(0);
  // `open` frames have no stop.
  await run(fixture('letters_dna.fa'), ESM2, '--translate', 'open', '--force-restart');
  expect((await resultOf()).letters.unknown).toEqual({ sequences: 0, first: [], letters: {} });
});

test.each([
  ['--keep-u', 'letters_dna.fa', DNA],
  ['--keep-stop', 'letters_proteins.fa', ESM2],
])('a resume with and without %s is refused by its name, complete or not', async (option, input, of) => {
  const all = '--keep-gaps';
  await run(fixture(input), of, all);
  const refused = await holdfast(line(fixture(input), of, all, option));
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`${option}: not given → given`);
  await run(fixture(input), of, all, option, '--force-restart');
  const back = await holdfast(line(fixture(input), of, all));
  expect(back.code).toBe(2);
  expect(back.stderr).toContain(`${option}: given → not given`);
  // The same line again, and an option that changes nothing for this model.
  const other = option === '--keep-u' ? '--keep-stop' : '--keep-u';
  const again = await run(fixture(input), of, all, option, other);
  expect(again.lines.at(-1)).toMatchObject({ event: 'complete', already: true });
});

const half = ['--seq-threshold', '4', '--threads', '1'];

test.each([
  ['proteins', 'aac_model'],
  ['rna', 'tnf_model'],
])(
  'after kill -9 and with a damaged index, counts and rows of %s are those of an undisturbed run',
  async (name, of) => {
    const gaps = [...half, '--keep-gaps'];
    const [input, folder] = [join(BEFORE, `${name}.fa`), join(BEFORE, of)];
    await run(input, folder, ...gaps);
    const whole = { digest: await digestOf(out), result: await resultOf() };
    expect(whole.result.letters.unknown.sequences).toBeGreaterThan(0);
    out = join(await freshFolder(), 'out');
    await killedAfter('checkpoint', line(input, folder, ...gaps));
    // The index is made again from the input, by the rules of the run.
    const residues = join(out, 'index', 'residues.bin');
    const bytes = await readFile(residues);
    bytes[100] = bytes[100]! ^ 1;
    await writeFile(residues, bytes);
    await run(input, folder, ...gaps);
    expect(await digestOf(out)).toBe(whole.digest);
    const { letters, warnings, run: identity } = await resultOf();
    expect(letters).toEqual(whole.result.letters);
    expect(warnings).toEqual(whole.result.warnings);
    expect(identity).toBe(whole.result.run);
  },
);

test.each([
  ['proteins', 'aac_model', [], false],
  ['rna', 'tnf_model', [], false],
  ['proteins', 'aac_model', ['--keep-stop'], false],
  ['proteins', 'aac_model', ['--keep-gaps'], true],
  ['rna', 'tnf_model', [], true],
  ['proteins', 'aac_model', [], true],
] as const)(
  'a run of %s that the version before the rules began ends with its bytes (%s, %j, index damaged: %s)',
  async (name, of, more, damaged) => {
    const [input, folder] = [join(BEFORE, `${name}.fa`), join(BEFORE, of)];
    await cp(join(BEFORE, `${name}_run`), out, { recursive: true });
    if (damaged) await writeFile(join(out, 'index', 'residues.bin'), 'short');
    await run(input, folder, ...half, ...more);
    const expected = JSON.parse(await readFile(join(BEFORE, 'expected.json'), 'utf8'));
    expect(await digestOf(out)).toBe(expected[name]);
    // Counted all the same, as they were read.
    const { letters } = await resultOf();
    expect(letters).not.toHaveProperty('read_as');
    expect(letters.final_stops.dropped).toBe(false);
    expect(letters.unknown.letters[name === 'rna' ? 'U' : '*'].letters).toBeGreaterThan(20);
    const then = await rowsOf(out);
    // A new run has other rows.
    await run(input, folder, ...half, '--keep-gaps', '--force-restart');
    expect(await rowsOf(out)).not.toEqual(then);
    const option = name === 'rna' ? '--keep-u' : '--keep-stop';
    await run(input, folder, ...half, '--keep-gaps', '--force-restart', option);
    expect(await rowsOf(out)).toEqual(then);
  },
);
