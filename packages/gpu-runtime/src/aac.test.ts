import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytes, globins } from '../test/support.js';
import type { EmbeddingModel } from './embedding-model.js';
import { loadModel } from './load-model.js';
import { resolveModel } from './resolve-model.js';

const STANDARD = [...'ACDEFGHIKLMNPQRSTVWY'];
let model: EmbeddingModel;
beforeAll(async () => {
  model = await loadModel(await resolveModel('aac'));
});
afterAll(() => model.release());

/** The definition: count, divide in double, round once to float32. */
function counted(sequence: string): number[] {
  const counts = STANDARD.map((residue) => [...sequence].filter((each) => each === residue).length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => Math.fround(count / Math.max(total, 1)));
}

async function expectCounted(batch: string[]): Promise<void> {
  const rows = await model.embed(batch.map(bytes));
  batch.forEach((sequence, at) => {
    expect([...rows.subarray(at * 20, (at + 1) * 20)]).toEqual(counted(sequence));
  });
}

test('the columns are the standard amino acids in alphabetical order', () => {
  expect(model.source.columns).toEqual(STANDARD);
});

test('every row of any batch is the direct count of its sequence, exactly', async () => {
  const residue = fc.constantFrom(...'ACDEFGHIKLMNPQRSTVWYLAGVXBUZOJ*-.a');
  const protein = fc.array(residue, { maxLength: 300 }).map((letters) => letters.join(''));
  await fc.assert(fc.asyncProperty(fc.array(protein, { minLength: 1, maxLength: 12 }), expectCounted), {
    numRuns: 200,
  });
});

test('real proteins', async () => {
  await expectCounted(await globins());
});

test.each(['', 'X', 'BJOUXZ*-.'])(
  'no standard residue in %j gives zeros, and the model gives the reason',
  async (sequence) => {
    expect([...(await model.embed([bytes(sequence)]))]).toEqual(new Array(20).fill(0));
    expect(model.source.zeroRowMeaning).toMatch(/none of the 20/);
  },
);

test('counts stay exact past 2^24 residues, where float32 counts stop growing', async () => {
  const residues = 2 ** 24 + 5;
  const sequence = new Uint8Array(residues).fill('A'.charCodeAt(0));
  sequence[7] = 'Y'.charCodeAt(0);
  const rows = await model.embed([sequence]);
  expect([rows[0], rows[19]]).toEqual([Math.fround((residues - 1) / residues), Math.fround(1 / residues)]);
});
