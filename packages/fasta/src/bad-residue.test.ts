import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { badResidue } from './bad-residue.js';
import { notFasta } from './files/first-bytes.js';
import { idProblem } from './id-problem.js';
import { recordsOf } from './testing/records-of.js';

const HINT = 'the model reads proteins';
const ALL = new Uint8Array(256).fill(1);
const nucleotides = Uint8Array.from(ALL, (_, byte) => ('ACGT'.includes(String.fromCharCode(byte)) ? 1 : 0));

test.each([
  ['1', /"1" is not a residue: lines are numbered, as in GenBank.*sed/],
  [';', /begins a comment.*sed/],
  ['>', /a header follows a sequence on the same line.*sed/],
  ['@', /FASTQ.*seqtk/],
  ['+', /FASTQ.*seqtk/],
  ['<', /HTML.*download/],
  ['\u0000', /0x00 .*UTF-16.*iconv/],
  ['\u00ef', /0xef .*byte order mark.*sed/],
  ['\u00ff', /0xff .*UTF-16.*iconv/],
  ['\u00c3', /0xc3 .*not ASCII.*grep/],
  ['"', /remove it, or check that this is the right file/],
])('the remedy fits the byte: %j', (character, message) => {
  const text = badResidue(character.charCodeAt(0), { residueOf: ALL, hint: HINT });
  expect(text).toMatch(message);
  expect(text).not.toContain(HINT);
});

test.each(['Z', 'x', '*', '-', '.'])(
  'for a letter of another alphabet, the model is named: %s',
  (character) => {
    expect(badResidue(character.charCodeAt(0), { residueOf: ALL, hint: HINT })).toBe(
      `"${character}" is not a residue; ${HINT}`,
    );
  },
);

test.each([
  ['L', ', and the file looks like proteins'],
  ['q', ', and the file looks like proteins'],
  ['*', ', and the file looks like proteins'],
  // Masked bases are X in some files.
  ['X', ''],
  ['j', ''],
])('a letter that is no nucleotide: %s', (character, proteins) => {
  expect(badResidue(character.charCodeAt(0), { residueOf: nucleotides, hint: HINT })).toBe(
    `"${character}" is not a nucleotide${proteins}; ${HINT}`,
  );
});

const file = (name: string) =>
  readFileSync(
    fileURLToPath(new URL(`../../../apps/runner/test/fixtures/bad-residue/${name}`, import.meta.url)),
  );

test.each([
  ['digits.fa', /"1" .*GenBank/, 2],
  ['glued.fa', /">" .*same line/, 2],
])('faults of real files: %s', (name, message, line) => {
  const bytes = file(name);
  for (const size of [1, bytes.length]) {
    const { records, faults } = recordsOf(bytes, [size]);
    expect(records).toEqual([]);
    expect(faults).toEqual([
      { code: 'bad_residue', record: 1, line, id: 'a', problem: expect.stringMatching(message) },
    ]);
  }
});

test('a comment on its own line, and a byte order mark where files were joined, are left out and counted', () => {
  const [residues] = ['MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ'];
  const commented = recordsOf(file('semi2.fa'));
  expect(commented).toMatchObject({ records: [{ id: 'a', residues }], faults: [], notes: { comments: 1 } });
  const joined = recordsOf(file('bom2.fa'));
  expect(joined).toMatchObject({ records: [{ id: 'a' }, { id: 'b', residues }], faults: [] });
  expect(joined.notes.byte_order_marks).toBe(1);
});

test('UTF-16 without its byte order mark is recognized', () => {
  expect(idProblem(Buffer.from('\u0000a\u0000'))).toMatch(/UTF-16.*iconv -f UTF-16LE /);
  expect(notFasta(0)).toMatch(/UTF-16.*iconv -f UTF-16BE /);
});
