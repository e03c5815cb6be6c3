import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytes } from '../test/support.js';
import { DEFAULT_MODEL } from './built-in.js';
import type { EmbeddingModel } from './embedding-model.js';
import { loadModel } from './load-model.js';
import { resolveModel } from './resolve-model.js';

let model: EmbeddingModel;
beforeAll(async () => {
  model = await loadModel(await resolveModel(DEFAULT_MODEL));
});
afterAll(() => model.release());

const COMPLEMENT: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' };
const strand = (word: string) =>
  [...word]
    .reverse()
    .map((letter) => COMPLEMENT[letter])
    .join('');

/**
 * The definition: count windows of ACGTU under the lesser strand, divide in double, round once to float32.
 */
function counted(sequence: string): number[] {
  const columns = model.source.columns!;
  const counts = new Array<number>(columns.length).fill(0);
  const letters = sequence.replaceAll('U', 'T');
  let windows = 0;
  for (let i = 0; i + 4 <= letters.length; i++) {
    const word = letters.slice(i, i + 4);
    if (/[^ACGT]/.test(word)) continue;
    counts[columns.indexOf([word, strand(word)].sort()[0]!)]! += 1;
    windows++;
  }
  return counts.map((count) => Math.fround(count / Math.max(windows, 1)));
}

const row = (rows: Float32Array, at: number) => [...rows.subarray(at * 136, (at + 1) * 136)];
const dna = fc
  .array(fc.constantFrom(...'AACCGGTTTUN-RacgtX'), { maxLength: 300 })
  .map((letters) => letters.join(''));

test('every row of any batch is the direct count of its sequence, exactly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(dna, { minLength: 1, maxLength: 12 }), async (batch) => {
      const rows = await model.embed(batch.map(bytes));
      batch.forEach((sequence, at) => {
        expect(row(rows, at)).toEqual(counted(sequence));
      });
    }),
    { numRuns: 200 },
  );
});

test('both strands give the same row', async () => {
  const forward = 'ATGCGTTTAACCGGATATTTACGCGATCG';
  const rows = await model.embed([bytes(forward), bytes(strand(forward))]);
  expect(row(rows, 0)).toEqual(row(rows, 1));
});

test.each(['', 'A', 'ACG', 'NNNNNNNN', 'ACGNACGNACG', 'acgtacgt'])(
  'no countable window in %j gives zeros, and the model gives the reason',
  async (sequence) => {
    const rows = await model.embed([bytes(sequence)]);
    expect([...rows]).toEqual(new Array(136).fill(0));
    expect(model.source.zeroRowMeaning).toMatch(/no window/);
  },
);

test('counts stay exact past 2^24 windows, where float32 counts stop growing', async () => {
  const windows = 2 ** 24 + 5;
  const sequence = new Uint8Array(windows + 3).fill('A'.charCodeAt(0));
  sequence[sequence.length - 1] = 'C'.charCodeAt(0);
  const rows = await model.embed([sequence]);
  const columns = model.source.columns!;
  expect(rows[columns.indexOf('AAAC')]).toBe(Math.fround(1 / windows));
  expect(rows[columns.indexOf('AAAA')]).toBe(Math.fround((windows - 1) / windows));
});
