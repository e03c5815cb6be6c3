import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  digestOf,
  type Ended,
  fixture,
  freshFolder,
  holdfast,
  killedAfter,
  madeModel,
  rowsOf,
} from './command.js';

const ESM2 = fileURLToPath(new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url));
const PROTEIN = 'MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
});

const line = (input: string, ...more: string[]) => [
  ...['embed', input, '--out', out, '--model', ESM2, '--workers', '1', '--device', 'cpu'],
  ...more,
];
const run = async (input: string, ...more: string[]): Promise<Ended> => {
  const ended = await holdfast(line(input, ...more));
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  return ended;
};
async function file(name: string, text: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}
const ids = async () => (await readFile(join(out, 'ids.txt'), 'utf8')).split('\n').slice(0, -1);
const resultOf = async () => JSON.parse(await readFile(join(out, 'result.json'), 'utf8'));
const tableOf = async () =>
  (await readFile(join(out, 'skipped.tsv'), 'utf8'))
    .split('\n')
    .slice(1, -1)
    .map((row) => row.split('\t'));
const warnings = ({ lines }: Ended) =>
  lines.flatMap(({ event, message }) => (event === 'warning' ? [String(message)] : []));

test('blanks after > are no part of the ID', async () => {
  await run(fixture('input/hmmer.fa'));
  expect(await ids()).toEqual(['BAHG_VITSP', 'GLB1_X']);
});

test.each([
  ['bad-residue/bom2.fa', ['a', 'b'], /^the input has 1 byte order mark after its start, left out/],
  ['bad-residue/semi2.fa', ['a'], /^the input has 1 comment line /],
])('%s is read, and what is left out is told and kept in the result', async (name, due, says) => {
  const ended = await run(fixture(name));
  expect(await ids()).toEqual(due);
  expect(warnings(ended)).toEqual([expect.stringMatching(says)]);
  expect((await resultOf()).warnings).toEqual(warnings(ended));
  // A finished run says it again.
  expect(warnings(await run(fixture(name)))).toEqual(warnings(ended));
});

test.each([
  ['bad-residue/digits.fa', /record 1 \("a", line 2\): "1" is not a residue: lines are numbered/],
  ['bad-residue/glued.fa', /record 1 \("a", line 2\): ">" .*a header follows a sequence on the same line/],
  ['input/empty.fa', /record 2 \("b", line 3\): no sequence follows this header/],
  ['input/esmfold.fa', /record 2 \("ESMFOLD", line 3\): duplicate ID, first seen as record 1/],
])('%s is refused with the remedy, and nothing is written', async (name, says) => {
  const { code, stderr } = await holdfast(line(fixture(name)));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^holdfast: [^\n]+\n$/);
  expect(stderr).toMatch(says);
  expect(existsSync(out)).toBe(false);
});

test('all faults of a file are told at once, each on its line', async () => {
  const { code, stderr } = await holdfast(line(fixture('input/multi.fa')));
  expect(code).toBe(2);
  const name = fixture('input/multi.fa');
  expect(stderr.split('\n')).toEqual([
    'holdfast: 3 records cannot be used (1 duplicate_id, 1 no_residues, 1 bad_residue):',
    expect.stringMatching(`^  ${name}: record 2 \\("a", line 3\\): duplicate ID`),
    expect.stringMatching(`^  ${name}: record 3 \\("b", line 5\\): no sequence`),
    expect.stringMatching(`^  ${name}: record 4 \\("c", line 8\\): "1" is not a residue`),
    expect.stringContaining('--on-bad-record skip'),
    '',
  ]);
  expect(existsSync(out)).toBe(false);
});

describe('--on-bad-record skip', () => {
  test('leaves records out, lists them, counts them, and is part of the run', async () => {
    const input = fixture('input/multi.fa');
    const ended = await run(input, '--on-bad-record', 'skip');
    expect(await ids()).toEqual(['a']);
    expect((await tableOf()).map(([path, record, at, id, code]) => [path, record, at, id, code])).toEqual([
      [input, '2', '3', 'a', 'duplicate_id'],
      [input, '3', '5', 'b', 'no_residues'],
      [input, '4', '8', 'c', 'bad_residue'],
    ]);
    const result = await resultOf();
    expect(result).toMatchObject({ sequences: 1, skipped: 3 });
    const table = await readFile(join(out, 'skipped.tsv'));
    expect(result.files).toContainEqual({
      file: 'skipped.tsv',
      bytes: table.length,
      sha256: createHash('sha256').update(table).digest('hex'),
    });
    const told = /^3 records cannot be used and are left out \(.*\); listed in skipped\.tsv$/;
    expect(warnings(ended)).toEqual([expect.stringMatching(told)]);
    expect(ended.lines.at(-1)).toMatchObject({
      event: 'complete',
      skipped: 3,
      skipped_table: join(out, 'skipped.tsv'),
    });
    // Complete or not, the run is one that skips.
    const { stderr, code } = await holdfast(line(input));
    expect([code, stderr]).toEqual([2, expect.stringContaining('--on-bad-record: skip → refuse')]);
    // A table that was changed is written again.
    await appendFile(join(out, 'skipped.tsv'), 'x');
    await run(input, '--on-bad-record', 'skip');
    expect(await readFile(join(out, 'skipped.tsv'))).toEqual(table);
    expect((await run(input, '--on-bad-record', 'skip')).lines.at(-1)).toMatchObject({ already: true });
  });

  test('a run that refuses is not gone on with as one that skips', async () => {
    const input = await file('a.fa', `>a\n${PROTEIN}\n`);
    await run(input);
    const { stderr, code } = await holdfast(line(input, '--on-bad-record', 'skip'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('--on-bad-record: refuse → skip')]);
  });

  test('an input of which nothing is left is refused', async () => {
    const input = await file('a.fa', '>a\n1\n');
    const { stderr, code } = await holdfast(line(input, '--on-bad-record', 'skip'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('record 1 ("a", line 2)')]);
    expect(existsSync(out)).toBe(false);
  });

  /** 400 proteins, every seventh with a fault, some with an ID of an earlier one. */
  const dirty = () =>
    Array.from({ length: 400 }, (_, i) => {
      const residues = PROTEIN.slice(0, 5 + (i % 28)).repeat(1 + (i % 3));
      return `>${i % 50 === 49 ? 's1' : `s${i}`} x\n${residues}${i % 7 === 3 ? '1' : ''}\n`;
    }).join('');
  const half = ['--on-bad-record', 'skip', '--seq-threshold', '20', '--threads', '1', '--shards', '3'];
  const all = async () => ({ digest: await digestOf(out), table: await readFile(join(out, 'skipped.tsv')) });

  test.each(['indexing', 'planned', 'checkpoint', 'assembling'])(
    'after kill -9 at %s, and with a damaged index, the result is that of an undisturbed run',
    async (moment) => {
      const input = await file('dirty.fa', dirty());
      await run(input, ...half);
      const whole = await all();
      out = join(folder, 'killed');
      await killedAfter(moment, line(input, ...half));
      const residues = join(out, 'index', 'residues.bin');
      if (existsSync(residues)) {
        const bytes = await readFile(residues);
        bytes[100]! ^= 1;
        await writeFile(residues, bytes);
      }
      await run(input, ...half);
      expect(await all()).toEqual(whole);
    },
  );

  test('the rows are those of the same records without the others', async () => {
    await run(await file('dirty.fa', dirty()), ...half);
    const rows = await rowsOf(out);
    const left = new Set(rows.map(([id]) => id));
    const seen = new Set<string>();
    const clean = dirty()
      .split(/^(?=>)/m)
      .filter((record) => {
        const id = record.slice(1).split(' ')[0]!;
        if (!left.has(id) || record.includes('1\n') || seen.has(id)) return false;
        seen.add(id);
        return true;
      });
    out = join(folder, 'clean');
    await run(await file('clean.fa', clean.join('')), '--threads', '1', '--shards', '3');
    expect(await rowsOf(out)).toEqual(rows);
  });
});

describe('--id and --dedupe-ids', () => {
  test('IDs with blanks survive a kill and a resume', async () => {
    const flu = fixture('input/flu.fa');
    await run(flu, '--id', 'whole');
    expect(await ids()).toEqual([
      'A/New York/499/2004 |  NP | A / H3N2',
      'A/New York/500/2004 |  NP | A / H3N2',
    ]);
    const { stderr, code } = await holdfast(line(flu));
    expect([code, stderr]).toEqual([2, expect.stringContaining('--id: whole → first-word')]);
    expect((await run(flu, '--id', 'whole')).lines.at(-1)).toMatchObject({ already: true });
    const many = Array.from({ length: 90 }, (_, i) => `># ${i} of  it\n${PROTEIN.slice(i % 20)}\n`).join('');
    const input = await file('many.fa', many);
    const more = ['--id', 'whole', '--seq-threshold', '10', '--threads', '1', '--shards', '2'];
    out = join(folder, 'whole');
    await run(input, ...more);
    const whole = await digestOf(out);
    expect((await ids())[7]).toBe('# 7 of  it');
    out = join(folder, 'killed');
    await killedAfter('checkpoint', line(input, ...more));
    await run(input, ...more);
    expect(await digestOf(out)).toBe(whole);
  });

  test('IDs with blanks survive quarantine', async () => {
    const model = await madeModel('make-not-a-number.mjs');
    const input = await file('n.fa', '># a  b c\nACGT\n># n d\nACNGT\n>e f\nGGGG\n');
    const words = ['embed', input, '--out', out, '--model', model, '--workers', '1', '--id', 'whole'];
    for (let time = 0; time < 2; time++) {
      expect(await holdfast(words)).toMatchObject({ code: 3 });
      expect(await ids()).toEqual(['# a  b c', 'e f']);
      const [, row] = (await readFile(join(out, 'quarantine.tsv'), 'utf8')).split('\n');
      expect(row!.split('\t').slice(0, 3)).toEqual(['# n d', '1', 'poison_input']);
    }
  });

  test('an expression finds IDs; the same one resumes, another is refused', async () => {
    const input = fixture('input/esmfold.fa');
    await run(input, '--id', ' (MGYP\\d+)$');
    expect(await ids()).toEqual(['MGYP1', 'MGYP2']);
    expect((await run(input, '--id', ' (MGYP\\d+)$')).lines.at(-1)).toMatchObject({ already: true });
    const { stderr, code } = await holdfast(line(input, '--id', 'MGYP\\d+'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('--id:  (MGYP\\d+)$ → MGYP\\d+')]);
    const bad = await holdfast(line(input, '--id', '('));
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('regular expression of JavaScript')]);
  });

  test('records that share an ID get suffixes, which is told', async () => {
    const input = fixture('input/esmfold.fa');
    const ended = await run(input, '--dedupe-ids', 'suffix');
    expect(await ids()).toEqual(['ESMFOLD', 'ESMFOLD_2']);
    expect(warnings(ended)).toEqual([
      '1 of 2 sequences has an ID that an earlier one has, and gets a suffix: ESMFOLD_2',
    ]);
    const { stderr, code } = await holdfast(line(input));
    expect([code, stderr]).toEqual([2, expect.stringContaining('--dedupe-ids: suffix → refuse')]);
  });
});

describe('gaps', () => {
  test('gaps of aligned sequences are left out, counted and told; --keep-gaps keeps them', async () => {
    const gapped = `${PROTEIN.slice(0, 9)}--..${PROTEIN.slice(9)}`;
    const input = await file('a.fa', `>a\n${PROTEIN}\n>b\n${gapped}\n`);
    const ended = await run(input);
    const rows = new Map(await rowsOf(out));
    expect(rows.get('b')).toEqual(rows.get('a'));
    expect((await resultOf()).letters.gaps).toEqual({
      dropped: true,
      letters: 4,
      sequences: 1,
      first: ['b'],
    });
    expect(warnings(ended)).toEqual([
      '1 of 2 sequences contains gaps, 4 in all, which are left out: b; to keep them, add --keep-gaps --force-restart',
    ]);
    const { stderr, code } = await holdfast(line(input, '--keep-gaps'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('--keep-gaps: not given → given')]);
    await run(input, '--keep-gaps', '--force-restart');
    const kept = new Map(await rowsOf(out));
    expect(kept.get('a')).toEqual(rows.get('a'));
    expect(kept.get('b')).not.toEqual(kept.get('a'));
    const back = await holdfast(line(input));
    expect([back.code, back.stderr]).toEqual([2, expect.stringContaining('--keep-gaps: given → not given')]);
  });

  test('a record of gaps only cannot be used', async () => {
    const input = await file('a.fa', `>a\n${PROTEIN}\n>b\n--\n`);
    const { stderr, code } = await holdfast(line(input));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/record 2 \("b", line 3\): .*--keep-gaps/)]);
    await run(input, '--on-bad-record', 'skip');
    expect(await tableOf()).toEqual([[input, '2', '3', 'b', 'no_residues', expect.stringContaining('gaps')]]);
  });
});

test('compressed files are read by their content, and FASTQ without its qualities, with the rows of the FASTA', async () => {
  const plain = await file('a.fa', await readFile(fixture('input/proteins.fa')));
  await run(plain);
  const due = await digestOf(out);
  for (const name of (await readdir(fixture('input'))).filter((name) => name.startsWith('proteins.fa.'))) {
    out = join(folder, name);
    await run(await file('named.txt', await readFile(fixture(`input/${name}`))));
    expect([name, await digestOf(out)]).toEqual([name, due]);
  }
  const text = (await readFile(plain, 'latin1')).split('>').slice(1);
  const fastq = text.map((record) => {
    const [header, ...lines] = record.trimEnd().split('\n');
    return [`@${header}`, ...lines, '+', ...lines.map((each) => '@'.repeat(each.length)), ''].join('\n');
  });
  out = join(folder, 'fastq');
  const ended = await run(await file('a.fq', fastq.join('')));
  expect(await digestOf(out)).toBe(due);
  expect(warnings(ended)).toEqual([`${text.length} records are FASTQ; the qualities are left out`]);
});
