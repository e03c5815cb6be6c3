import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytes, fixture, lambda } from '../test/support.js';
import { type EmbeddingModel, SessionModel } from './embedding-model.js';
import { loadModel } from './load-model.js';
import type { ModelOverrides } from './model/model-overrides.js';
import { resolveModel } from './resolve-model.js';
import { tokensOf } from './sequences/tokens-of.js';
import { Subwords } from './tokens/subwords.js';

interface Expected {
  sequence: string;
  ids: number[];
  rows: Record<string, number[]>;
}

const DIM = 64;
const folder = fixture('dna_encoder');
const KINDS: [string, ModelOverrides][] = [
  ['mean', {}],
  ['mean_tokens', { pooling: 'mean_tokens' }],
  ['cls', { pooling: 'cls' }],
  ['max', { pooling: 'max' }],
  ['second_layer', { output: 'hidden_states.2' }],
  ['pooler', { output: 'pooler_output' }],
];

let expected: Expected[];
const models = new Map<string, EmbeddingModel>();
beforeAll(async () => {
  expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
  for (const [kind, overrides] of KINDS) {
    models.set(kind, await loadModel(await resolveModel(folder, overrides)));
  }
});
afterAll(async () => {
  for (const model of models.values()) await model.release();
});

async function expectRows(kind: string, batch: Expected[]): Promise<void> {
  const rows = await models.get(kind)!.embed(batch.map(({ sequence }) => bytes(sequence)));
  expect(rows).toHaveLength(batch.length * DIM);
  batch.forEach((each, at) => {
    each.rows[kind]!.forEach((value, i) => {
      expect(Math.abs(rows[at * DIM + i]! - value)).toBeLessThan(1e-4);
    });
  });
}

test.each(KINDS)('%s of each sequence alone equals PyTorch’s', async (kind) => {
  expect(expected.length).toBeGreaterThan(8);
  for (const one of expected) await expectRows(kind, [one]);
});

test.each(KINDS)('%s is the same in any batch composition', async (kind) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(10), { minLength: 1, maxLength: 8 }), (picks) =>
      expectRows(
        kind,
        picks.map((pick) => expected[pick]!),
      ),
    ),
    { numRuns: 25 },
  );
});

test('the folder gives alphabet, dimension, special tokens, longest sequence, inputs and output', async () => {
  const source = await resolveModel(folder);
  expect(source).toMatchObject({
    name: 'dna_encoder',
    alphabet: 'dna',
    dim: DIM,
    maxResidues: Number.POSITIVE_INFINITY,
    maxTokens: 256,
    specialTokens: 2,
    recipe: {
      idType: 'int64',
      padding: 3,
      prefix: [1],
      suffix: [2],
      inputs: { ids: 'input_ids', mask: 'attention_mask', types: 'token_type_ids' },
      output: { name: 'last_hidden_state', pooling: 'mean' },
    },
  });
  expect(await resolveModel(folder, { output: 'pooler_output' })).toMatchObject({
    recipe: { output: { name: 'pooler_output', pooling: 'none' } },
  });
});

test('the tokens equal those of another implementation of the same merges', () => {
  const source = models.get('mean')!.source;
  const subwords = new Subwords({ ...source, files: source.recipe.tokenizer! });
  const { tokens } = subwords.encode(expected.map(({ sequence }) => bytes(sequence)));
  expect(tokens.map((each) => [1, ...each, 2])).toEqual(expected.map(({ ids }) => ids));
});

test('residues past maxTokens change nothing and are reported', async () => {
  const model = models.get('mean')!;
  const dna = await lambda();
  const truncated: number[] = [];
  const onTruncated = (at: number) => truncated.push(at);
  const [short, longer] = [
    await model.embed([bytes(dna.slice(0, 3000))], { onTruncated }),
    await model.embed([bytes('ACGT'), bytes(dna.slice(0, 6000))], { onTruncated }),
  ];
  expect(longer.subarray(DIM)).toEqual(short);
  expect(truncated).toEqual([0, 1]);
  expect(tokensOf(model.source, 3000)).toBe(256);
});

test('each call reports its own truncated sequences, a failed call none, and a sequence of many windows once', async () => {
  const dna = await lambda();
  const [short, long] = [bytes(dna.slice(0, 300)), bytes(dna.slice(0, 3000))];
  const { source } = models.get('mean')!;
  let fails = false;
  const session: ConstructorParameters<typeof SessionModel>[1] = {
    async run(feeds: InferenceSession.FeedsType) {
      if (fails) throw new Error('failed as requested');
      const [n, width] = (feeds['input_ids'] as Tensor).dims;
      return {
        last_hidden_state: new Tensor('float32', new Float32Array(n! * width! * DIM), [n!, width!, DIM]),
      };
    },
    release: async () => undefined,
  };
  const bare = new SessionModel(source, session);
  const truncatedOf = async (model: EmbeddingModel, batch: Uint8Array[]) => {
    const truncated: number[] = [];
    await model.embed(batch, { onTruncated: (at) => truncated.push(at) }).catch(() => undefined);
    return truncated;
  };
  expect(
    await Promise.all([truncatedOf(bare, [short, long, short, long]), truncatedOf(bare, [long])]),
  ).toEqual([[1, 3], [0]]);
  fails = true;
  expect(await truncatedOf(bare, [long])).toEqual([]);
  fails = false;
  expect(await truncatedOf(bare, [long])).toEqual([0]);
  // Windows of 2,000 bases are more than 254 tokens.
  const windows = { residues: 2000, overlap: 0 };
  const windowed = new SessionModel({ ...source, windows }, session);
  expect(await truncatedOf(windowed, [short, bytes(dna.slice(0, 6000))])).toEqual([1]);
});

test('a record without residues gives zeros with mean and max, and does not change its neighbour', async () => {
  const one = expected[3]!;
  for (const kind of ['mean', 'max']) {
    const rows = await models.get(kind)!.embed([bytes(''), bytes(one.sequence)]);
    expect([...rows.subarray(0, DIM)]).toEqual(new Array(DIM).fill(0));
    expect(rows[DIM]).toBeCloseTo(one.rows[kind]![0]!, 4);
  }
});

test('each choice has a fingerprint of its own', async () => {
  const all = [
    ...models.values(),
    ...(await Promise.all(
      [{ longSequences: 'windows' as const }, { longSequences: 'windows' as const, windowOverlap: 3 }].map(
        async (overrides) => ({ source: await resolveModel(folder, overrides) }),
      ),
    )),
  ].map(({ source }) => source.fingerprint);
  expect(new Set(all).size).toBe(8);
});
