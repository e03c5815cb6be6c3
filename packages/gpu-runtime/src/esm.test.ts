import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytes, fixture } from '../test/support.js';
import type { EmbeddingModel } from './embedding-model.js';
import { loadModel } from './load-model.js';
import { InferenceError } from './onnx/inference-error.js';
import { resolveModel } from './resolve-model.js';
import { tokensOf } from './sequences/tokens-of.js';

let model: EmbeddingModel;
let expected: { sequence: string; embedding: number[] }[];
beforeAll(async () => {
  model = await loadModel(await resolveModel(fixture('tiny_esm2')));
  expected = JSON.parse(await readFile(join(fixture('tiny_esm2'), 'expected.json'), 'utf8'));
});
afterAll(() => model.release());

async function expectRows(batch: { sequence: string; embedding: number[] }[]): Promise<void> {
  const rows = await model.embed(batch.map(({ sequence }) => bytes(sequence)));
  expect(rows).toHaveLength(batch.length * 32);
  batch.forEach(({ embedding }, at) => {
    embedding.forEach((value, i) => {
      expect(Math.abs(rows[at * 32 + i]! - value)).toBeLessThan(1e-4);
    });
  });
}

test('each sequence alone gives PyTorch’s row', async () => {
  expect(expected.length).toBeGreaterThan(3);
  for (const one of expected) await expectRows([one]);
});

test('any batch composition gives the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }), (picks) =>
      expectRows(picks.map((pick) => expected[pick]!)),
    ),
    { numRuns: 60 },
  );
});

test('residues past maxResidues change nothing, but the last kept one does', async () => {
  const { maxResidues } = model.source;
  expect(maxResidues).toBe(1022);
  const kept = 'MKTAYIAK'.repeat(128).slice(0, maxResidues);
  const [whole, longer, other] = await Promise.all(
    [kept, `${kept}WWWW`, `${kept.slice(0, -1)}W`].map((sequence) => model.embed([bytes(sequence)])),
  );
  expect(longer).toEqual(whole);
  expect(other).not.toEqual(whole);
});

test('tokensOf counts special tokens and stops at maxResidues', () => {
  expect([0, 10, 1022, 5000].map((residues) => tokensOf(model.source, residues))).toEqual([
    2, 12, 1024, 1024,
  ]);
});

test('a record without residues gives zeros and does not change its neighbour', async () => {
  const one = expected[1]!;
  const rows = await model.embed([bytes(''), bytes(one.sequence)]);
  expect([...rows.subarray(0, 32)]).toEqual(new Array(32).fill(0));
  expect(rows[32]).toBeCloseTo(one.embedding[0]!, 4);
});

test('a residue that the vocabulary lacks is read as <unk>', async () => {
  const [j, lower] = await Promise.all([model.embed([bytes('MJM')]), model.embed([bytes('MmM')])]);
  expect(j).toEqual(lower);
});

test('an empty batch gives no rows', async () => {
  expect(await model.embed([])).toHaveLength(0);
});

test('later calls do not change earlier rows', async () => {
  const first = await model.embed([bytes('MKTAY')]);
  const copy = first.slice();
  await model.embed([bytes('GSHMRYDKELGSHMRYDKEL')]);
  expect(first).toEqual(copy);
});

test('concurrent calls do not mix', async () => {
  const sequences = ['M', 'MKTAYIAKQRQISFVK', 'GSH', 'XBUZO'];
  const alone: Float32Array[] = [];
  for (const sequence of sequences) alone.push(await model.embed([bytes(sequence)]));
  expect(await Promise.all(sequences.map((sequence) => model.embed([bytes(sequence)])))).toEqual(alone);
});

test('a poisoned batch fails as cuda_runtime with ONNX Runtime’s error text, and the next batch works', async () => {
  const poison = await loadModel(await resolveModel(fixture('poison_esm2')));
  try {
    const error = await poison.embed([bytes('MKTAY'), bytes('MXK')]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InferenceError);
    expect(error).toMatchObject({ code: 'inference', kind: 'cuda_runtime', model: 'poison_esm2' });
    expect(error).toMatchObject({ sequences: 2, tokens: 7 });
    expect((error as InferenceError).cause).toBeInstanceOf(Error);
    expect(await poison.embed([bytes('MKTAY')])).toEqual(await model.embed([bytes('MKTAY')]));
  } finally {
    await poison.release();
  }
});
