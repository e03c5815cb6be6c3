import type { ModelSource } from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { longestTrial, refusedLongest } from './longest-trial.js';

const model = (change: Partial<ModelSource>) =>
  ({
    modelPath: '/m/model.onnx',
    alphabet: 'protein',
    maxResidues: Number.POSITIVE_INFINITY,
    specialTokens: 2,
    recipe: {},
    ...change,
  }) as ModelSource;
const recipe = { tokenizer: {} } as ModelSource['recipe'];

test.each<[string, Partial<ModelSource>, number]>([
  ['as many residues as it reads', { maxResidues: 1022 }, 1022],
  ['2,048 of many', { maxResidues: 5000 }, 2048],
  ['2,048 where it reads any length', {}, 2048],
  ['one window', { windows: { residues: 300, overlap: 10 } }, 300],
  ['enough for all its tokens', { recipe, maxTokens: 512 }, 510 * 8],
  ['no more than its residues, whatever its tokens', { recipe, maxTokens: 512, maxResidues: 600 }, 600],
  ['2,048 of many tokens', { recipe, maxTokens: 8192 }, 2048],
])('a model is tried with %s', (_, change, length) => {
  expect(longestTrial(model(change))).toHaveLength(length);
});

test('the residues are of the alphabet, all of it, always the same, and hardly repeat', () => {
  const dna = longestTrial(model({ alphabet: 'dna' }));
  expect([...new Set(dna)].sort().join('')).toBe('ACGT');
  expect([...new Set(longestTrial(model({})))].sort().join('')).toBe('ACDEFGHIKLMNPQRSTVWY');
  expect(longestTrial(model({ alphabet: 'dna' }))).toBe(dna);
  const words = Array.from({ length: dna.length - 11 }, (_, i) => dna.slice(i, i + 12));
  expect(new Set(words).size).toBeGreaterThan(words.length * 0.99);
});

test.each<[Partial<ModelSource>, RegExp]>([
  [
    { maxResidues: 1022 },
    /said to read 1022 residues; .*a smaller maxResidues in holdfast\.json .*"maxResidues": N/,
  ],
  [{}, /said to read any length; .*a smaller maxResidues/],
  [{ windows: { residues: 300, overlap: 10 } }, /said to read 300 residues/],
  [{ recipe, maxTokens: 512 }, /said to read 512 tokens; .*a smaller maxTokens/],
])('who is refused is told the key that says how long sequences are: %j', (change, says) => {
  const said = refusedLongest(model(change), 700, 'out of bounds');
  expect(said).toMatch(/^\/m\/model\.onnx: .*fails on one of 700 residues \(out of bounds\)/);
  expect(said).toMatch(says);
});
