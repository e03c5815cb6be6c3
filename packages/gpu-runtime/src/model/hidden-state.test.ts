import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { bytes, fixture, folderWith } from '../../test/support.js';
import { readGraph } from '../graph/graph-reader.js';
import { loadModel } from '../load-model.js';
import { ModelError } from '../model-error.js';
import type { ModelSource } from '../model-source.js';
import { resolveModel } from '../resolve-model.js';
import { withHiddenState } from './hidden-state.js';

const FIXTURE = fixture('masked_lm');
const cases = JSON.parse(readFileSync(join(FIXTURE, 'expected.json'), 'utf8')) as {
  sequence: string;
  mean: number[];
}[];
const sequences = cases.map(({ sequence }) => bytes(sequence));

/** A folder as the hub has it, with one of the fixture's graphs at a place. */
async function folderOf(graph: string, place = 'model.onnx'): Promise<string> {
  const folder = await folderWith();
  for (const name of ['config.json', 'vocab.txt']) await cp(join(FIXTURE, name), join(folder, name));
  await mkdir(join(folder, 'onnx'));
  await cp(join(FIXTURE, graph), join(folder, place));
  return folder;
}

/** Rows in one batch, and each alone. */
async function rowsOf(source: ModelSource): Promise<{ together: Float32Array; alone: Float32Array }> {
  const model = await loadModel(source);
  const together = await model.embed(sequences);
  const alone = new Float32Array(together.length);
  for (const [i, each] of sequences.entries()) alone.set(await model.embed([each]), i * source.dim);
  await model.release();
  return { together, alone };
}

const worst = (rows: Float32Array) =>
  Math.max(...cases.flatMap(({ mean }, i) => mean.map((value, at) => Math.abs(value - rows[i * 8 + at]!))));

test.each<[what: string, graph: string, value: RegExp, within: number]>([
  ['norms of single operators', 'onnx/model.onnx', /emb_layer_norm_after\/Add_1_output_0/, 1e-5],
  ['LayerNormalization', 'fused.onnx', /emb_layer_norm_after\/LayerNormalization_output_0/, 1e-5],
  ['no mask', 'no_mask.onnx', /emb_layer_norm_after\/LayerNormalization_output_0/, 1e-5],
  ['float16', 'onnx/model_fp16.onnx', /emb_layer_norm_after\/Add_1_output_0/, 2e-3],
  ['int8', 'onnx/model_quantized.onnx', /emb_layer_norm_after\/Add_1_output_0/, 0.03],
])(
  'a graph that gives only logits, with %s, gives the hidden rows of PyTorch',
  async (_what, graph, value, within) => {
    const source = await resolveModel(await folderOf(graph));
    expect(source).toMatchObject({
      dim: 8,
      recipe: { output: { name: 'last_hidden_state', pooling: 'mean' } },
    });
    expect(source.notes).toEqual([expect.stringMatching(value)]);
    // The head is not computed.
    expect(Buffer.from(source.built!.model).includes('lm_head')).toBe(false);
    const { together, alone } = await rowsOf(source);
    expect(worst(alone)).toBeLessThan(within);
    expect(worst(together)).toBeLessThan(within);
  },
);

test.each(['no_mask.onnx', 'onnx/model_quantized.onnx'])(
  '%s takes one sequence a call, so a row is the same bytes in any batch',
  async (graph) => {
    const source = await resolveModel(await folderOf(graph));
    expect(source.recipe.singly).toBe(true);
    const { together, alone } = await rowsOf(source);
    expect(together).toEqual(alone);
  },
);

test('without that, the rows of either would depend on their batch', async () => {
  for (const graph of ['no_mask.onnx', 'onnx/model_quantized.onnx']) {
    const source = await resolveModel(await folderOf(graph));
    const { singly: _, ...recipe } = source.recipe;
    const { together, alone } = await rowsOf({ ...source, recipe });
    expect(Math.max(...together.map((value, i) => Math.abs(value - alone[i]!)))).toBeGreaterThan(1e-3);
  }
});

test('float16 token vectors of a graph that gives them become rows', async () => {
  const source = await resolveModel(await folderOf('hidden.onnx'));
  expect(source.built).toBeUndefined();
  expect(source.notes).toBeUndefined();
  const { together, alone } = await rowsOf(source);
  expect(worst(together)).toBeLessThan(2e-3);
  expect(worst(alone)).toBeLessThan(2e-3);
});

test('weights beside the graph, and links as in the cache of Hugging Face', async () => {
  const plain = await folderOf('external.onnx');
  await cp(join(FIXTURE, 'external.onnx_data'), join(plain, 'external.onnx_data'));
  const cache = await folderWith();
  await mkdir(join(cache, 'blobs'));
  const snapshot = join(cache, 'snapshots', 'c0ffee');
  await mkdir(snapshot, { recursive: true });
  for (const name of ['config.json', 'vocab.txt', 'model.onnx', 'external.onnx_data']) {
    await cp(join(plain, name), join(cache, 'blobs', `blob-of-${name}`));
    await symlink(join('..', '..', 'blobs', `blob-of-${name}`), join(snapshot, name));
  }
  const sources = [await resolveModel(plain), await resolveModel(snapshot)];
  expect(sources[0]!.fingerprint).toBe(sources[1]!.fingerprint);
  for (const source of sources) expect(worst((await rowsOf(source)).together)).toBeLessThan(1e-5);
});

test('the value that was found is part of the fingerprint', async () => {
  const folder = await folderOf('fused.onnx');
  const modelPath = join(folder, 'model.onnx');
  const { parts } = await withHiddenState(folder, modelPath, readGraph(modelPath));
  const value = bytes('/model/esm/encoder/emb_layer_norm_after/LayerNormalization_output_0');
  expect(parts).toEqual([
    { name: 'model.onnx', path: modelPath },
    { name: 'hidden state', bytes: value },
  ]);
});

test('the usual name asks for it too, and an output that is asked for is no change', async () => {
  const folder = await folderOf('onnx/model.onnx');
  const found = await resolveModel(folder);
  expect((await resolveModel(folder, { output: 'last_hidden_state' })).fingerprint).toBe(found.fingerprint);
  await writeFile(
    join(folder, 'holdfast.json'),
    JSON.stringify({ format: 1, dim: 33, output: { name: 'logits' } }),
  );
  const logits = await resolveModel(folder);
  expect(logits).toMatchObject({ dim: 33, recipe: { output: { name: 'logits' } } });
  expect(logits.built).toBeUndefined();
  expect(logits.fingerprint).not.toBe(found.fingerprint);
});

async function configured(graph: string, change: Record<string, unknown>): Promise<string> {
  const folder = await folderOf(graph);
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
  return folder;
}

test.each<[string, string, Record<string, unknown>, ModelError['code'], RegExp]>([
  [
    'a head of one layer',
    'plain.onnx',
    {},
    'model_unsupported',
    /gives only logits, and its last hidden state is not found.*comes from several layers.*--task feature-extraction/,
  ],
  [
    'another size',
    'fused.onnx',
    { hidden_size: 16 },
    'model_mismatch',
    /enters its head \('.*'\) has 8 numbers.*hidden_size in config\.json is 16.*feature-extraction/,
  ],
  [
    'logits of something else',
    'fused.onnx',
    { vocab_size: 40 },
    'model_unsupported',
    /not those of a masked language model: they have 33 numbers.*vocabulary of 40/,
  ],
  ['no size', 'fused.onnx', { hidden_size: null }, 'model_bad_json', /hidden_size/],
])('%s is refused with a remedy', async (_what, graph, change, code, message) => {
  await expect(resolveModel(await configured(graph, change))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

let intact: Buffer;
beforeAll(async () => {
  intact = await readFile(join(FIXTURE, 'fused.onnx'));
});

test('a damaged graph is read, or refused by name, whatever the damage', async () => {
  const folder = await folderOf('fused.onnx');
  const damage = fc.array(fc.tuple(fc.nat(intact.length - 1), fc.nat(255)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat({ max: 99 }), async (changes, chance) => {
      const copy = Buffer.from(intact);
      for (const [at, byte] of changes) copy[at] = byte;
      await writeFile(join(folder, 'model.onnx'), chance === 0 ? copy.subarray(0, -1) : copy);
      await resolveModel(folder).catch((error: unknown) => expect(error).toBeInstanceOf(ModelError));
    }),
    { numRuns: 200 },
  );
});
