import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aminoAcid, LETTERS, reverseComplement, sixFrames } from '../testing/six-frames.js';
import { codonTables } from './codon-table.js';
import { codonsOf, FRAMES, type Frame, isOpen, translate } from './frame.js';
import { BASES_OF } from './nucleotide.js';

const basesOf = (letters: string) => Uint8Array.from(letters, (letter) => BASES_OF[letter.charCodeAt(0)]!);

function translated(frame: Frame, letters: string): string {
  const bases = basesOf(letters);
  const out = new Uint8Array(bases.length);
  const end = translate(codonTables(1), frame, bases, [0, codonsOf(frame, bases.length)], out, 0);
  return Buffer.from(out.subarray(0, end)).toString();
}

const all = (letters: string) => FRAMES.map((frame) => translated(frame, letters));
const codons = LETTERS.flatMap((a) => LETTERS.flatMap((b) => LETTERS.map((c) => a + b + c)));

test('all 64 codons, and every codon of IUPAC letters, on both strands', () => {
  expect(codons).toHaveLength(16 ** 3);
  const plain = codons.filter((codon) => /^[ACGT]+$/.test(codon));
  expect(plain).toHaveLength(64);
  for (const codon of codons) {
    expect([codon, translated(FRAMES[0]!, codon)]).toEqual([codon, aminoAcid(codon)]);
    const other = aminoAcid(reverseComplement(codon));
    expect([codon, translated(FRAMES[3]!, codon)]).toEqual([codon, other]);
  }
});

test('an ambiguous codon translates to what all of its readings agree on, else X', () => {
  const of = (codon: string) => translated(FRAMES[0]!, codon);
  expect(['GCN', 'TTR', 'TAR', 'TRA', 'MGR', 'YTA', 'NNN', 'TGR', 'RAY'].map(of).join('')).toBe('AL**RLXXX');
});

test('the frames have the names and the order of their rows', () => {
  expect(FRAMES.map(({ name }) => name)).toEqual(['F1', 'F2', 'F3', 'R1', 'R2', 'R3']);
  expect(all('ATGGCCTAA')).toEqual(['MA*', 'WP', 'GL', 'LGH', '*A', 'RP']);
});

const letters = fc
  .array(fc.constantFrom(...LETTERS, ...'ACGTACGTACGTACGT'), { maxLength: 90 })
  .map((a) => a.join(''));

test('reverse frames are the forward frames of the reverse complement, and vice versa', () => {
  fc.assert(
    fc.property(letters, (sequence) => {
      const [here, there] = [all(sequence), all(reverseComplement(sequence))];
      expect(here.slice(3)).toEqual(there.slice(0, 3));
      expect(here.slice(0, 3)).toEqual(there.slice(3));
    }),
  );
});

test('a part of a frame equals that part of the whole, and only frames with a codon and no stop are open', () => {
  fc.assert(
    fc.property(letters, fc.constantFrom(...FRAMES), fc.nat(30), fc.nat(30), (sequence, frame, a, b) => {
      const bases = basesOf(sequence);
      const whole = translated(frame, sequence);
      const [first, end] = [a, b].map((at) => Math.min(at, whole.length)).sort((x, y) => x - y) as [
        number,
        number,
      ];
      const out = new Uint8Array(40).fill(1);
      expect(translate(codonTables(1), frame, bases, [first, end], out, 2)).toBe(2 + end - first);
      expect(Buffer.from(out.subarray(2, 2 + end - first)).toString()).toBe(whole.slice(first, end));
      expect(isOpen(codonTables(1), frame, bases)).toBe(whole !== '' && !whole.includes('*'));
      const all = sixFrames('', sequence, 'all');
      expect(whole).toBe(all.find(([name]) => name === frame.name)?.[1] ?? '');
    }),
  );
});

// UniProt P03034 (cI, on the reverse strand), P03040 (Cro) and P03042 (cII) of phage lambda.
const PROTEINS: [name: string, strand: RegExp, residues: string][] = [
  [
    'repressor cI',
    /R/,
    'MSTKKKPLTQEQLEDARRLKAIYEKKKNELGLSQESVADKMGMGQSGVGALFNGINALNAYNAALLAKILKVSVEEFSPSIAREIYEMYEAVSMQPSLRSEYEYPVFSHVQAGMFSPELRTFTKGDAERWVSTTKKASDSAFWLEVEGNSMTAPTGSKPSFPDGMLILVDPEQAVEPGDFCIARLGGDEFTFKKLIRDSGQVFLQPLNPQYPMIPCNESCSVVGKVIASQWPEETFG',
  ],
  ['Cro', /F/, 'MEQRITLKDYAMRFGQTKTAKDLGVYQSAINKAIHAGRKIFLTINADGSVYAEEVKPFPSNKKTTA'],
  [
    'cII',
    /F/,
    'MVRANKRNEALRIESALLNKIAMLGTEKTAEAVGVDKSQISRWKRDWIPKFSMLLAVLEWGVVDDDMARLARQVAAILTNKKRPAATERSEQIQMEF',
  ],
];

test('known proteins of phage lambda are in the frames of its genome, each ended by a stop', async () => {
  const path = fileURLToPath(
    new URL('../../../../apps/runner/test/fixtures/lambda_virus.fa.gz', import.meta.url),
  );
  const [, ...lines] = gunzipSync(await readFile(path))
    .toString('latin1')
    .split('\n');
  const frames = all(lines.join(''));
  for (const [name, strand, residues] of PROTEINS) {
    const found = frames.flatMap((frame, i) => (frame.includes(`${residues}*`) ? [FRAMES[i]!.name] : []));
    expect([name, found]).toEqual([name, [expect.stringMatching(strand)]]);
  }
});
