import { expect, test } from 'vitest';
import { bytes, fixture, lambda } from '../../test/support.js';
import { resolveModel } from '../resolve-model.js';
import { tokensOf } from '../sequences/tokens-of.js';
import { tokenCounts } from './token-counts.js';

const counted = async (model: string, sequences: readonly string[]) =>
  tokenCounts(await resolveModel(model), sequences.map(bytes));

test('if a residue is a token, all residues are counted, and unknown ones as the model reads them', async () => {
  expect(await counted(fixture('tiny_esm2'), ['', 'MKT', 'M*JJK', 'M'.repeat(3000)])).toEqual([
    2, 5, 5, 3002,
  ]);
  expect(await counted('tnf', ['ACGTN'])).toEqual([5]);
});

test('a tokenizer counts its own tokens, past the limit too', async () => {
  const folder = fixture('dna_encoder');
  const dna = await lambda();
  const [unknown, one, long] = await counted(folder, ['N'.repeat(300), 'A', dna.slice(0, 3000)]);
  expect([unknown, one]).toEqual([302, 3]);
  const source = await resolveModel(folder);
  expect(long).toBeGreaterThan(source.maxTokens!);
  expect(long).toBeLessThan(tokensOf({ ...source, maxTokens: 1e9 }, 3000));
});
