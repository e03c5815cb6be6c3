import { expect, test } from 'vitest';
import { AS_THEY_ARE, letterDifferences, letterUse } from './letter-use.js';

const none = { keepU: false, keepStop: false, translated: false };
const dna = { readAs: { from: 'U', to: 'T' }, finalStop: false } as const;
const rna = { readAs: { from: 'T', to: 'U' }, finalStop: false } as const;
const protein = { finalStop: true };

test.each([
  ['a DNA model', dna, none, { read: 'U as T', final_stop: 'kept' }],
  ['an RNA model', rna, none, { read: 'T as U', final_stop: 'kept' }],
  ['a protein model', protein, none, { read: 'as they are', final_stop: 'dropped' }],
  ['a model that knows both U and T', { finalStop: false }, none, AS_THEY_ARE],
  ['--keep-u', dna, { ...none, keepU: true }, AS_THEY_ARE],
  ['--keep-u of an RNA model', rna, { ...none, keepU: true }, AS_THEY_ARE],
  ['--keep-stop', protein, { ...none, keepStop: true }, AS_THEY_ARE],
  [
    '--keep-u of a protein model',
    protein,
    { ...none, keepU: true },
    { read: 'as they are', final_stop: 'dropped' },
  ],
  ['translated frames', protein, { ...none, translated: true }, AS_THEY_ARE],
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
});
