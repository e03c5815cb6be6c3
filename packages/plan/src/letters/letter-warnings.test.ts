import { expect, test } from 'vitest';
import type { LetterCounts } from './letter-counts.js';
import { type LetterContext, letterWarnings } from './letter-warnings.js';

const none = { letters: 0, sequences: 0, first: [] };
const clean: LetterCounts = {
  unknown: { sequences: 0, first: [], letters: {} },
  final_stops: { dropped: true, ...none },
  other_stops: none,
  gaps: none,
  without_residues: { sequences: 0, first: [] },
};
const context: LetterContext = { model: 'esm', sequences: 7, reading: 'token', spreads: false };
const one = (id: string, letters = 1) => ({ letters, sequences: 1, first: [id] });
const unknown = (letters: LetterCounts['unknown']['letters']): LetterCounts['unknown'] => ({
  sequences: 2,
  first: ['j', 'star'],
  letters,
});
const warningsOf = (counts: Partial<LetterCounts>, more: Partial<LetterContext> = {}) =>
  letterWarnings({ ...clean, ...counts }, { ...context, ...more });

test('sequences that the model reads as written give no warning', () => {
  expect(warningsOf({})).toEqual([]);
  expect(warningsOf({ read_as: { from: 'U', to: 'T', ...none } })).toEqual([]);
});

test.each<[string, Partial<LetterCounts>, Partial<LetterContext>, RegExp]>([
  [
    'U that is read as T',
    { read_as: { from: 'U', to: 'T', ...one('rna', 9) } },
    {},
    /^1 of 7 sequences contains U, 9 in all, and each is read as T, .* knows T but not U: rna; .*--keep-u/,
  ],
  [
    'final stops that are dropped',
    { final_stops: { dropped: true, letters: 6, sequences: 6, first: ['a', 'b', 'c', 'd', 'e'] } },
    {},
    /^6 of 7 sequences end with \*, which is dropped.*: a, b, c, d, e, …; .*--keep-stop/,
  ],
  [
    'unknown letters',
    { unknown: unknown({ '*': one('star'), J: one('j', 3) }) },
    {},
    /^2 of 7 sequences contain letters that esm does not know \(1 \* in 1, 3 J in 1\), and each is read as an unknown token: j, star$/,
  ],
  [
    'letters that a composition does not count',
    { unknown: unknown({ N: one('j') }) },
    { reading: 'letters' },
    /does not know \(1 N in 1\), and they are not counted: j, star$/,
  ],
  [
    'letters that are in windows',
    { unknown: unknown({ N: one('j', 1234) }) },
    { reading: 'windows', sequences: 5000 },
    /^2 of 5,000 sequences contain .* \(1,234 N in 1\), and no window that holds one is counted: j, star$/,
  ],
  ['letters that spread', { unknown: unknown({ N: one('j') }) }, { spreads: true }, /whole word unknown/],
  ['known gaps', { gaps: one('g', 5) }, {}, /^1 of 7 sequences contains gaps, 5 in all.*: g;/],
  ['known stops', { other_stops: one('s') }, {}, /^1 of 7 sequences contains internal stops, 1 in all.*: s$/],
  [
    'sequences without a residue',
    { without_residues: { sequences: 2, first: ['dash', 'Ns'] } },
    {},
    /^2 of 7 sequences contain no definite residue that esm knows, but are still given to the model: dash, Ns; a row of such a record says nothing about it$/,
  ],
  [
    'long words',
    { long_words: { longest: 100, sequences: 1, first: ['w'] } },
    {},
    /^1 of 7 sequences contains more than 100 letters in a row.*: w;/,
  ],
])('%s', (_, counts, more, message) => {
  const warnings = warningsOf(counts, more);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]!.message).toMatch(message);
  expect(warnings[0]!.facts).toEqual(counts);
});

test('gaps and stops that the model does not know are reported once, with the other unknown letters', () => {
  const letters = { '-': one('g', 5), '*': one('s') };
  expect(warningsOf({ unknown: unknown(letters), gaps: one('g', 5), other_stops: one('s') })).toHaveLength(1);
});

test('if unknown letters are not counted, sequences of nothing else are reported, without a promise of a row', () => {
  const warnings = warningsOf({ without_residues: { sequences: 1, first: ['Ns'] } }, { reading: 'letters' });
  expect(warnings.map(({ message }) => message)).toEqual([
    '1 of 7 sequences contains no definite residue that esm knows, so there is nothing to count: Ns; a row of such a record says nothing about it',
  ]);
});
