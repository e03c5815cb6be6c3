import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TranslationCount, withoutGaps, withoutRow } from '@holdfast/fasta';
import { LETTERS, sixFrames } from '@holdfast/fasta/testing';
import { allowedResidues } from '@holdfast/gpu-runtime';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { buildIndex } from './index-store/build-index.js';
import type { IndexSummary } from './index-store/format.js';
import type { BuildIndexOptions } from './index-store/index-options.js';
import { openIndex } from './index-store/open-index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'six-frames-'));
});

type Frames = Exclude<TranslationCount['frames'], 'orfs'>;

function build(
  frames: Frames,
  inputs: string[],
  more: Partial<BuildIndexOptions> = {},
): Promise<IndexSummary> {
  return buildIndex({
    inputs,
    folder: join(folder, 'index'),
    allowed: allowedResidues('dna'),
    hint: '',
    tokensOf: (residues) => residues,
    // Positions are ordinals.
    bucket: { sequences: 1, residues: 1e9 },
    batchTokens: 100,
    cut: { translate: { frames, code: 1 } },
    ...more,
  });
}

async function rows(): Promise<[string, string][]> {
  const index = await openIndex(join(folder, 'index'));
  try {
    const found = await index.residues(0, index.sequences);
    const ids = await index.ids(0, index.sequences);
    return ids.map((id, i) => [id, Buffer.from(found[i]!).toString()]);
  } finally {
    await index.close();
  }
}

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

/** File, ID and code of each line of the table of records without a row. */
async function leftOut(): Promise<string[][]> {
  const path = join(folder, 'index', 'skipped.tsv');
  if (!existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n').slice(1, -1);
  return lines.map((line) => line.split('\t')).map(([file, , , id, code]) => [file!, id!, code!]);
}

const residue = fc.constantFrom(...LETTERS, ...'acgtuACGTACGTACGTACGT-.\n');
const records = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-zF1ä]{1,5}$/u),
    residues: fc
      .array(residue, { minLength: 1, maxLength: 60 })
      .map((letters) => letters.join(''))
      .filter((text) => text.trim() !== ''),
  }),
  { minLength: 1, maxLength: 10, selector: ({ id }) => id },
);

test('rows are the frames of each record in order, for any letters, gaps and chunks of the input', async () => {
  const property = fc.asyncProperty(
    records,
    fc.constantFrom('open' as const, 'all' as const),
    fc.integer({ min: 1, max: 200 }),
    async (records, which, size) => {
      const text = Buffer.from(records.map(({ id, residues }) => `>${id} x\n${residues}\n`).join(''));
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.subarray(i * size, (i + 1) * size),
      );
      const due = records.map(({ id, residues }) => sixFrames(id, residues, which));
      const made = build(which, ['-'], { stdin: Readable.from(chunks) });
      if (due.every((rows) => rows.length === 0)) {
        await expect(made).rejects.toMatchObject({ name: 'InputError', code: 'no_frame' });
        return;
      }
      const summary = await made;
      expect(await rows()).toEqual(due.flat());
      const silent = records.filter((_, i) => due[i]!.length === 0).map(({ id }) => id);
      expect(summary).toMatchObject({
        sequences: due.flat().length,
        translation: {
          frames: which,
          records: records.length,
          without_row: silent.length,
          first_without_row: silent.slice(0, 5),
        },
      });
      // Each record has a row or a line in the table, and no record has both.
      expect(await leftOut()).toEqual(silent.map((id) => ['-', id, 'no_frame']));
      expect(summary.skipped).toEqual(
        silent.length === 0 ? undefined : { records: silent.length, faults: { no_frame: silent.length } },
      );
      const gapped = records.filter(({ residues }) => /[-.]/.test(residues));
      expect(summary.translation?.gaps).toEqual(
        gapped.length === 0
          ? undefined
          : {
              letters: gapped.reduce((sum, { residues }) => sum + residues.replace(/[^-.]/g, '').length, 0),
              records: gapped.length,
              first: gapped.slice(0, 5).map(({ id }) => id),
            },
      );
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test('a contig far longer than any buffer, and the densest records, come out complete', async () => {
  const period = 'GCTGGTAACCTTGCAGGCGTTTACCGGAACGGTT';
  const contig = period.repeat(60_000);
  const dense = Array.from({ length: 60_000 }, (_, i) => `>${i.toString(36)}\nGCC\n`).join('');
  const path = await file('long.fa', `>CONTIG\n${contig}\n${dense}>LAST\n${contig.slice(1)}\n`);
  await build('all', [path]);
  const found = await rows();
  const due = [...sixFrames('CONTIG', contig, 'all'), ...sixFrames('LAST', contig.slice(1), 'all')];
  expect(found).toHaveLength(12 + 2 * 60_000);
  // Not toEqual: printing the difference of such long strings would take minutes.
  [...found.slice(0, 6), ...found.slice(-6)].forEach(([id, residues], i) => {
    expect([id, residues === due[i]![1]]).toEqual([due[i]![0], true]);
  });
  found.slice(6, -6).forEach(([id, residues], i) => {
    const name = Math.floor(i / 2).toString(36);
    if (id !== `${name}${i % 2 ? 'R1' : 'F1'}` || residues !== (i % 2 ? 'G' : 'A'))
      throw new Error(`${i}: ${id}`);
  });
});

test('two records with one ID are found even if they share no frame, and both are named', async () => {
  // Open: F1 and R1 of the first, the other four of the second.
  const first = await file('first.fa', '>a\nATG\n');
  const second = await file('second.fa', '>b\nATG\n>c\nATG\n>a again\nGCTTAACC\n');
  const error = await build('open', [first, second]).catch((error: unknown) => error);
  expect(error).toMatchObject({ name: 'InputError', code: 'duplicate_id', record: 3, line: 5, id: 'a' });
  expect((error as Error).message).toBe(
    `${second}: record 3 ("a", line 5): duplicate ID: an earlier record of ${first} has it (row aF1); give every record a unique ID, or add --dedupe-ids suffix`,
  );
});

test('IDs that end like frames are not duplicates', async () => {
  await build('all', [await file('f.fa', '>a\nATG\n>aF1\nATG\n>aF1F1\nATG\n')]);
  expect((await rows()).map(([id]) => id)).toEqual(['aF1', 'aR1', 'aF1F1', 'aF1R1', 'aF1F1F1', 'aF1F1R1']);
});

test('records without a row are counted over all inputs, and the first are named', async () => {
  const closed = Array.from({ length: 7 }, (_, i) => `>closed${i}\nTAATTAATTAATTA\n`).join('');
  const paths = [await file('a.fa', `>open\nATG\n${closed}`), await file('b.fa', '>short\nAC\n>gap\n---\n')];
  const { translation } = await build('open', paths);
  expect(withoutRow(translation!)).toBe(
    '9 of 10 records have no reading frame without a stop codon (2 of them fewer bases than a codon), so they have no row: closed0, closed1, closed2, closed3, closed4, …',
  );
  const all = await build('all', paths);
  expect(withoutRow(all.translation!)).toBe(
    '2 of 10 records have fewer bases than a codon, so they have no row: short, gap',
  );
  expect(withoutRow((await build('all', [paths[0]!])).translation!)).toBeNull();
  const short = await build('open', [await file('c.fa', '>open\nATG\n>one\nA\n')]);
  expect(withoutRow(short.translation!)).toBe(
    '1 of 2 records has fewer bases than a codon, so it has no row: one',
  );
});

test('records without a row are listed beside those with a fault, in input order, with the reason of each', async () => {
  const records = '>open\nATG\n>a\nTAATTAATTAATTA\n>b\nA1\n>c\nA-C\n>open x\nATG\n>d\nTAATTAATTAATTA\n';
  const path = await file('a.fa', records);
  const { skipped, translation } = await build('open', [path], { onBadRecord: 'skip' });
  expect(skipped).toEqual({ records: 5, faults: { bad_residue: 1, duplicate_id: 1, no_frame: 3 } });
  const table = await readFile(join(folder, 'index', 'skipped.tsv'), 'utf8');
  expect(table.split('\n').slice(1)).toEqual([
    `${path}\t2\t3\ta\tno_frame\tno reading frame without a stop codon`,
    expect.stringMatching(/\t3\t6\tb\tbad_residue\t/),
    `${path}\t4\t7\tc\tno_frame\tfewer bases than a codon`,
    expect.stringMatching(/\t5\t9\topen\tduplicate_id\t/),
    `${path}\t6\t11\td\tno_frame\tno reading frame without a stop codon`,
    '',
  ]);
  expect(withoutRow(translation!, 'skipped.tsv')).toMatch(/no row: a, c, d; listed in skipped\.tsv$/);
});

test('records longer than a read are counted, with what embeds them', async () => {
  const genome = (name: string) => `>${name}\n${'TAATTAATTAATTA'.repeat(50)}\n`;
  const path = await file('a.fa', `>open\nATG\n>read\nTAATTAATTAATTA\n${genome('x')}${genome('y')}`);
  const { translation } = await build('open', [path]);
  expect(withoutRow(translation!, 'skipped.tsv')).toMatch(
    /: read, x, y; listed in skipped\.tsv; 2 of them are longer than a read \(600 bases\): for contigs and genomes, use --translate=orfs instead, with --force-restart$/,
  );
  await expect(build('open', [await file('b.fa', genome('x'))])).rejects.toThrow(
    /: the only record has no reading frame without a stop codon; use --translate=orfs, which .* genomes, or --translate=all/,
  );
});

test('an index of an earlier version, which did not count short records, is read and reported', async () => {
  await build('open', [await file('a.fa', '>open\nATG\n>one\nA\n')]);
  const path = join(folder, 'index', 'summary.json');
  const { translation, ...rest } = JSON.parse(await readFile(path, 'utf8'));
  const { too_short: _, ...older } = translation;
  await writeFile(path, JSON.stringify({ ...rest, translation: older }));
  const index = await openIndex(join(folder, 'index'));
  expect(withoutRow(index.summary.translation!)).toBe(
    '1 of 2 records has no reading frame without a stop codon, so it has no row: one',
  );
  await index.close();
});

test.each<[string, Frames, RegExp]>([
  [
    '>a\nTAATTAATTAATTA\n',
    'open',
    /: the only record has no .* without a stop codon; use --translate=all, .*--translate=orfs/,
  ],
  ['>a\nAC\n', 'all', /: the only record is shorter than a codon \(three bases\); check the input$/],
  // More frames would not help.
  [
    '>a\nA\n>b\nAC\n',
    'open',
    /: none of the 2 records is as long as a codon \(three bases\); check the input$/,
  ],
  [
    '>a\nA\n>b\nTAATTAATTAATTA\n',
    'open',
    /: none of the 2 records .*stop codon \(1 of them has .*--translate=all/,
  ],
])('an input without a row is refused with a remedy: %j, %s', async (text, frames, message) => {
  await expect(build(frames, [await file('a.fa', text)])).rejects.toThrow(message);
});

test('an index without translation has no translation counts', async () => {
  await buildIndex({
    inputs: [await file('a.fa', '>a\nACG\n')],
    folder: join(folder, 'index'),
    allowed: allowedResidues('dna'),
    hint: '',
    tokensOf: (residues) => residues,
    // Positions are ordinals.
    bucket: { sequences: 1, residues: 1e9 },
    batchTokens: 100,
  });
  expect(await readFile(join(folder, 'index', 'summary.json'), 'utf8')).not.toContain('translation');
});

test('removed gaps are reported with the first IDs', async () => {
  const records = Array.from({ length: 7 }, (_, i) => `>g${i}\nGCC--G.CC\n`).join('');
  const { translation } = await build('open', [await file('gaps.fa', `>a\nGCCGCC\n${records}`)]);
  expect(withoutGaps(translation!)).toBe(
    '7 of 8 records contain gaps, 21 in all, which are removed before translation: g0, g1, g2, g3, g4, …',
  );
  expect(withoutGaps((await build('open', [await file('plain.fa', '>a\nGCC\n')])).translation!)).toBeNull();
});
