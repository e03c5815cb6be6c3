import { expect, test } from 'vitest';
import { allowedResidues } from './alphabet.js';

const letters = (alphabet: 'dna' | 'protein') =>
  [...allowedResidues(alphabet)].flatMap((allowed, byte) =>
    allowed === 1 ? [String.fromCharCode(byte)] : [],
  );

test('dna allows the IUPAC nucleotides, U and gaps, in upper case only', () => {
  expect(letters('dna').join('')).toBe('-.ABCDGHKMNRSTUVWY');
});

test('protein allows every letter, stop and gaps, in upper case only', () => {
  expect(letters('protein').join('')).toBe('*-.ABCDEFGHIJKLMNOPQRSTUVWXYZ');
});

test('every byte has an entry', () => {
  expect(allowedResidues('dna')).toHaveLength(256);
});
