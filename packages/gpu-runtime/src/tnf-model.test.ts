import { expect, test } from 'vitest';
import { DEFAULT_MODEL } from './built-in.js';
import { resolveModel } from './resolve-model.js';

test('the columns are the 136 canonical 4-mers in lexicographic order', async () => {
  const { columns, dim, alphabet, specialTokens, maxResidues } = await resolveModel(DEFAULT_MODEL);
  const words = ['A', 'C', 'G', 'T'].flatMap((a, _, letters) =>
    letters.flatMap((b) => letters.flatMap((c) => letters.map((d) => a + b + c + d))),
  );
  const other = { A: 'T', C: 'G', G: 'C', T: 'A' } as Record<string, string>;
  const reversed = (word: string) =>
    [...word]
      .reverse()
      .map((letter) => other[letter])
      .join('');
  expect(columns).toEqual(words.filter((word) => word <= reversed(word)).sort());
  expect({ dim, alphabet, specialTokens, maxResidues }).toEqual({
    dim: 136,
    alphabet: 'dna',
    specialTokens: 0,
    maxResidues: Number.POSITIVE_INFINITY,
  });
});
