import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_TEXT } from './table-text.js';
import { recordsOf } from './testing/records-of.js';

const described = (text: string, id = 'first-word', sizes?: number[]) =>
  recordsOf(Buffer.from(text, 'latin1'), sizes, { id }).records.map(({ id, description }) => [
    id,
    description,
  ]);

test('a description is the rest of the header, without blanks around it, in FASTA and FASTQ', () => {
  const text = '>a one  two \t\nAC\n> b\tthree\r\nAC\n>c\nAC\n>d \nAC\n@e four\nAC\n+e five\nII\n';
  expect(described(text)).toEqual([
    ['a', 'one  two'],
    ['b', 'three'],
    ['c', ''],
    ['d', ''],
    ['e', 'four'],
  ]);
});

test('a header as a whole leaves no description; one searched for the ID is all of it', () => {
  expect(described('>a one\nAC\n', 'whole')).toEqual([['a one', '']]);
  expect(described('>gi|7| one\ttwo\nAC\n', '\\d+')).toEqual([['7', 'gi|7| one\\x09two']]);
});

test('a description is escaped, and a very long one is cut', () => {
  expect(described('>a tab\there\n\nAC\n')).toEqual([['a', 'tab\\x09here']]);
  const [[, long] = []] = described(`>a ${'x'.repeat(MOST_TEXT + 1)}\nAC\n`);
  expect(Buffer.from(long!, 'latin1').toString('utf8')).toBe(`${'x'.repeat(MOST_TEXT - 3)}…`);
  const [[, full] = []] = described(`>a ${'x'.repeat(MOST_TEXT)}\nAC\n`);
  expect(full).toBe('x'.repeat(MOST_TEXT));
});

test('it is the same however the file is cut into pieces', () => {
  const header = fc.string({
    unit: fc.constantFrom('a', ' ', '\t', '\\', '\x01', 'é', '=', '>'),
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      fc.array(header, { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('first-word', 'whole', 'x.*'),
      (headers, sizes, id) => {
        const text = headers.map((rest, at) => `>x${at} ${rest}\nAC\n`).join('');
        expect(described(text, id, sizes)).toEqual(described(text, id));
      },
    ),
  );
});
