import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { badResidue } from './bad-residue.js';
import { FastaParser } from './fasta-parser.js';
import { notFasta } from './files/first-bytes.js';
import { idProblem } from './id-problem.js';

const HINT = 'the model reads proteins';

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
  const text = badResidue(character.charCodeAt(0), HINT);
  expect(text).toMatch(message);
  expect(text).not.toContain(HINT);
});

test.each(['Z', 'x', '*', '-', '.'])(
  'for a letter of another alphabet, the model is named: %s',
  (character) => {
    expect(badResidue(character.charCodeAt(0), HINT)).toBe(`"${character}" is not a residue; ${HINT}`);
  },
);

const file = (name: string) =>
  readFileSync(
    fileURLToPath(new URL(`../../../apps/runner/test/fixtures/bad-residue/${name}`, import.meta.url)),
  );

test.each([
  ['digits.fa', /record 1 \("a", line 2\): "1" .*GenBank/],
  ['semi2.fa', /record 1 \("a", line 2\): ";" .*comment/],
  ['bom2.fa', /record 1 \("a", line 3\): the byte 0xef .*byte order mark/],
  ['glued.fa', /record 1 \("a", line 2\): ">" .*same line/],
])('faults of real files: %s', (name, message) => {
  const allowed = new Uint8Array(256);
  for (const letter of Buffer.from('ACDEFGHIKLMNPQRSTVWY')) allowed[letter] = 1;
  const bytes = file(name);
  for (const step of [1, bytes.length]) {
    const parser = new FastaParser({
      file: name,
      allowed,
      hint: HINT,
      header: () => undefined,
      end: () => undefined,
    });
    const read = () => {
      for (let at = 0; at < bytes.length; at += step)
        parser.write(bytes.subarray(at, at + step), new Uint8Array(step), 0);
      parser.end();
    };
    expect(read).toThrow(message);
  }
});

test('UTF-16 without its byte order mark is recognized', () => {
  expect(idProblem(Buffer.from('\u0000a\u0000'))).toMatch(/UTF-16.*iconv -f UTF-16LE /);
  expect(notFasta(0)).toMatch(/UTF-16.*iconv -f UTF-16BE /);
});
