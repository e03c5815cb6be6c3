import { expect, test } from 'vitest';
import { alphabetOf } from './vocabulary.js';

test.each<[string, string[], string | undefined]>([
  ['pieces of DNA', ['A', 'C', 'G', 'T', 'ACG', 'TTNA'], 'dna'],
  ['pieces of DNA in lower case, with marks', ['a', '##cgt', 'Ġac', '▁gg', 'tt</w>', 'ga@@'], 'dna'],
  ['pieces of proteins', ['M', 'K', 'LLA', 'ACG'], 'protein'],
  ['words', ['the', 'ACG'], undefined],
  ['words in capitals with digits', ['A1', 'ACG'], undefined],
  ['single amino acids', [...'LAGVSERTIDPKQNFYMHWCXBUZO.-'], 'protein'],
  ['single nucleotides', [...'ACGTN'], 'dna'],
  [
    'continuations of single amino acids',
    [...'ACDEFGHIKLMNPQRSTVWY'].flatMap((r) => [r, `##${r}`]),
    'protein',
  ],
  ['letters that are neither', [...'QXZ'], undefined],
  ['nothing', [], undefined],
])('%s', (_, tokens, alphabet) => {
  expect(alphabetOf(tokens)).toBe(alphabet);
});
