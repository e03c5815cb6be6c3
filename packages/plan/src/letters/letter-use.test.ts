import { expect, test } from 'vitest';
import { AS_THEY_ARE, letterDifferences, letterFacts, letterUse } from './letter-use.js';

const none = { keepU: false, keepStop: false, translated: false };
const dna = { readAs: { from: 'U', to: 'T' }, finalStop: false } as const;
const rna = { readAs: { from: 'T', to: 'U' }, finalStop: false } as const;
const protein = { finalStop: true };
const kept = { ...AS_THEY_ARE, gaps: 'dropped' } as const;

test.each([
  ['a DNA model', dna, none, { ...kept, read: 'U as T' }],
  ['an RNA model', rna, none, { ...kept, read: 'T as U' }],
  ['a protein model', protein, none, { ...kept, final_stop: 'dropped' }],
  ['a model that knows both U and T', { finalStop: false }, none, kept],
  ['--keep-u', dna, { ...none, keepU: true }, kept],
  ['--keep-u of an RNA model', rna, { ...none, keepU: true }, kept],
  ['--keep-stop', protein, { ...none, keepStop: true }, kept],
  ['--keep-u of a protein model', protein, { ...none, keepU: true }, { ...kept, final_stop: 'dropped' }],
  ['--keep-gaps', { finalStop: false }, { ...none, keepGaps: true }, { ...kept, gaps: 'kept' }],
  ['--strip-stop', { finalStop: false }, { ...none, stripStop: true }, { ...kept, final_stop: 'stripped' }],
  ['--strip-stop, by default', protein, { ...none, stripStop: true }, { ...kept, final_stop: 'dropped' }],
  ['translated frames', protein, { ...none, translated: true }, AS_THEY_ARE],
  [
    'translated frames, --strip-stop',
    protein,
    { ...none, translated: true, stripStop: true },
    { ...AS_THEY_ARE, final_stop: 'stripped' },
  ],
] as const)('%s', (_, rules, switches, use) => {
  expect(letterUse(rules, switches)).toEqual(use);
});

test('a difference is named by its option', () => {
  const dropped = { read: 'as they are', final_stop: 'dropped' } as const;
  const asT = { read: 'U as T', final_stop: 'kept' } as const;
  expect(letterDifferences(dropped, AS_THEY_ARE)).toEqual(['--keep-stop: not given → given']);
  expect(letterDifferences(AS_THEY_ARE, dropped)).toEqual(['--keep-stop: given → not given']);
  expect(letterDifferences(asT, AS_THEY_ARE)).toEqual(['--keep-u: not given → given']);
  expect(letterDifferences(asT, asT)).toEqual([]);
  const stripped = { ...AS_THEY_ARE, final_stop: 'stripped' } as const;
  expect(letterDifferences(stripped, AS_THEY_ARE)).toEqual(['--strip-stop: given → not given']);
  const gaps = (gaps: 'kept' | 'dropped') => ({ ...AS_THEY_ARE, gaps });
  expect(letterDifferences(gaps('dropped'), gaps('kept'))).toEqual(['--keep-gaps: not given → given']);
  expect(letterDifferences(gaps('kept'), gaps('dropped'))).toEqual(['--keep-gaps: given → not given']);
  // An earlier version kept all gaps, and its runs go on so, whatever is asked.
  expect(letterDifferences(AS_THEY_ARE, gaps('dropped'))).toEqual([]);
});

test('only gaps that are dropped are in a fingerprint', () => {
  expect(letterFacts(AS_THEY_ARE)).toEqual(['as they are', 'kept']);
  expect(letterFacts({ ...AS_THEY_ARE, gaps: 'kept' })).toEqual(['as they are', 'kept']);
  expect(letterFacts(kept)).toEqual(['as they are', 'kept', 'gaps dropped']);
});
