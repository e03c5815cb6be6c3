import { expect, test } from 'vitest';
import type { LetterCounts } from './letter-counts.js';
import { letterWarnings } from './letter-warnings.js';

const none = { letters: 0, sequences: 0, first: [] };
const clean: LetterCounts = {
  unknown: { sequences: 0, first: [], letters: {} },
  final_stops: { dropped: true, ...none },
  other_stops: none,
  gaps: none,
  without_residues: { sequences: 0, first: [] },
};
const context = { model: 'esm', sequences: 7, ignores: false, spreads: false };
const one = (id: string, letters = 1) => ({ letters, sequences: 1, first: [id] });
const unknown = (letters: LetterCounts['unknown']['letters']): LetterCounts['unknown'] => ({
  sequences: 2,
  first: ['j', 'star'],
  letters,
});
const told = (counts: Partial<LetterCounts>, more: Partial<typeof context> = {}) =>
  letterWarnings({ ...clean, ...counts }, { ...context, ...more });

test('nothing is told of sequences that the model reads as they stand', () => {
  expect(told({})).toEqual([]);
  expect(told({ read_as: { from: 'U', to: 'T', ...none } })).toEqual([]);
});

test.each<[string, Partial<LetterCounts>, Partial<typeof context>, RegExp]>([
  [
    'U that is read as T',
    { read_as: { from: 'U', to: 'T', ...one('rna', 9) } },
    {},
    /^1 of 7 sequences holds U, 9 in all, and each is read as T, .* knows T and not U: rna; .*--keep-u/,
  ],
  [
    'final stops that are dropped',
    { final_stops: { dropped: true, letters: 6, sequences: 6, first: ['a', 'b', 'c', 'd', 'e'] } },
    {},
    /^6 of 7 sequences end with \*, which is left out.*: a, b, c, d, e, …; .*--keep-stop/,
  ],
  [
    'unknown letters',
    { unknown: unknown({ '*': one('star'), J: one('j', 3) }) },
    {},
    /^2 of 7 sequences hold letters that esm does not know and reads as unknown \(1 \* in 1, 3 J in 1\): j, star$/,
  ],
  [
    'letters that a composition leaves out',
    { unknown: unknown({ N: one('j') }) },
    { ignores: true },
    /does not know and leaves out \(1 N in 1\)/,
  ],
  ['letters that spread', { unknown: unknown({ N: one('j') }) }, { spreads: true }, /whole word unknown/],
  ['known gaps', { gaps: one('g', 5) }, {}, /^1 of 7 sequences holds gaps, 5 in all.*: g;/],
  ['known stops', { other_stops: one('s') }, {}, /^1 of 7 sequences holds stops within, 1 in all.*: s$/],
  [
    'sequences without a residue',
    { without_residues: { sequences: 2, first: ['dash', 'Ns'] } },
    {},
    /^2 of 7 sequences hold no definite residue that esm knows, and are given to the model all the same: dash, Ns;/,
  ],
  [
    'long words',
    { long_words: { longest: 100, sequences: 1, first: ['w'] } },
    {},
    /^1 of 7 sequences holds more than 100 letters in a row.*: w;/,
  ],
])('%s', (_, counts, more, says) => {
  const warnings = told(counts, more);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]!.message).toMatch(says);
  expect(warnings[0]!.facts).toEqual(counts);
});

test('gaps and stops that the model does not know are told once, with the other unknown letters', () => {
  const letters = { '-': one('g', 5), '*': one('s') };
  expect(told({ unknown: unknown(letters), gaps: one('g', 5), other_stops: one('s') })).toHaveLength(1);
});

test('where unknown letters are left out, sequences of nothing else are told at planning too, without a promise of a row', () => {
  const warnings = told({ without_residues: { sequences: 1, first: ['Ns'] } }, { ignores: true });
  expect(warnings.map(({ message }) => message)).toEqual([
    '1 of 7 sequences holds no definite residue that esm knows, so nothing is left to make a row from: Ns; take such records out of the input',
  ]);
});
