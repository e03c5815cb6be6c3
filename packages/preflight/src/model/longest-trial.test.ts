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
const pieces = { table: [0], pieces: [['ACGT', 5]] } as unknown as ModelSource['recipe'];

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

/** Tokens of a tokenizer that joins up to four residues of those that it joins. */
const joining =
  (joined: RegExp) =>
  (sequences: readonly string[]): number[] =>
    sequences.map((each) => each.replaceAll(joined, '#').length + 2);

test.each<[string, Partial<ModelSource>, RegExp, number, string]>([
  ['one letter that is not joined', { maxTokens: 512 }, /[^N]{1,4}/g, 510, 'NN'],
  ['a plain one rather', { maxTokens: 512 }, /[^NG]{1,4}/g, 510, 'GG'],
  ['two letters in turn, where runs of each are', { maxTokens: 512 }, /(.)\1{1,3}|[ACGT]{2,4}/g, 510, 'AB'],
  ['what is joined least', { maxTokens: 512 }, /RR|.{1,4}/g, 1020, 'RR'],
  ['plain residues by chance, where none are joined', { maxTokens: 512 }, /#/g, 510 * 8, 'AC'],
  ['the same without a tokenizer', { maxTokens: 512, recipe: pieces }, /[^N]{1,4}/g, 510, 'NN'],
  ['no more than a window', { windows: { residues: 254, overlap: 0 } }, /[^N]{1,4}/g, 254, 'NN'],
  ['no more tokens than it can afford', { maxTokens: 8192 }, /[^N]{1,4}/g, 2048, 'NN'],
])('where a token may be several residues it is %s', (_, change, joined, length, begins) => {
  const sequence = longestTrial(model({ alphabet: 'dna', recipe, ...change }), joining(joined));
  expect([sequence.length, sequence.slice(0, 2)]).toEqual([length, begins]);
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
    /claims to read 1022 residues; .*a smaller maxResidues in holdfast\.json .*"maxResidues": N/,
  ],
  [{}, /claims to read any length; .*a smaller maxResidues/],
  [{ windows: { residues: 300, overlap: 10 } }, /claims to read 300 residues/],
  [{ recipe: pieces, maxTokens: 512 }, /claims to read 512 tokens; .*a smaller maxTokens/],
  [{ recipe, maxTokens: 512 }, /claims to read 512 tokens; .*a smaller maxTokens/],
])('who is refused is told the key that says how long sequences are: %j', (change, says) => {
  const errorText = refusedLongest(model(change), 700, 'out of bounds');
  expect(errorText).toMatch(/^\/m\/model\.onnx: .*fails on one of 700 residues \(out of bounds\)/);
  expect(errorText).toMatch(says);
});
