import { chmodSync, cpSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InferenceSession } from 'onnxruntime-node';
import { beforeEach, expect, test, vi } from 'vitest';
import { parseDevice } from './device/device.js';
import { loadModel } from './load-model.js';
import type { ModelOverrides } from './model/model-overrides.js';
import { int8Saturates } from './onnx/int8-saturates.js';
import { openSession } from './onnx/open-session.js';
import { ort } from './onnx/ort.js';
import { resolveModel } from './resolve-model.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../model-zoo/test/fixtures/${name}`, import.meta.url));

beforeEach(() => {
  vi.stubEnv('HOLDFAST_CACHE', mkdtempSync(join(tmpdir(), 'precision-')));
});

async function rowsOf(path: string, overrides: ModelOverrides, batches: readonly (readonly Uint8Array[])[]) {
  const source = await resolveModel(path, overrides);
  const model = await loadModel(source);
  try {
    const rows: Float32Array[] = [];
    for (const batch of batches) {
      const all = await model.embed(batch);
      for (let i = 0; i < batch.length; i++) rows.push(all.subarray(i * source.dim, (i + 1) * source.dim));
    }
    return rows;
  } finally {
    await model.release();
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    ab += value * b[i]!;
    aa += value * value;
    bb += b[i]! * b[i]!;
  }
  return ab / Math.sqrt(aa * bb);
}

test('the bytes of an int8 model are those of its rounded weights, which each worker holds', async () => {
  const { built, weightBytes } = await resolveModel(fixture('esm2_tiny_hf'), { precision: 'int8' });
  expect(weightBytes).toBe(statSync(built!.files![0]!).size);
});

test('in fp16 room is kept for the halves beside the weights', async () => {
  const { weightBytes } = await resolveModel(fixture('esm2_tiny_hf'));
  const half = await resolveModel(fixture('esm2_tiny_hf'), { precision: 'fp16' });
  expect(half.weightBytes).toBe(2 * weightBytes);
});

// Tiny random models: rounding weighs more in rows of 32 numbers than in those of a real model.
const LEAST = { int8: 0.999, fp16: 0.99999 };
test.each(
  (['int8', 'fp16'] as const).flatMap((precision) =>
    [
      ['esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt', 'protein'],
      ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'protein'],
      ['esm2_tiny_hf_sharded_bin', 'protein'],
      ['esm1b_t2_tiny', 'protein'],
      ['esmc_t2_tiny', 'protein'],
      ['prott5_tiny', 'protein'],
      ['protbert_t2_tiny', 'protein'],
      ['dnaberts_tiny', 'dna'],
    ].map(([path, alphabet]) => [precision, path!, alphabet!] as const),
  ),
)(
  '%s rows of %s are near those of fp32, and the same alone and in a batch',
  async (precision, path, alphabet) => {
    const letters = alphabet === 'dna' ? 'ACGT' : 'ACDEFGHIKLMNPQRSTVWY';
    const batch = [5, 17, 60].map((length, of) =>
      Buffer.from(Array.from({ length }, (_, i) => letters[(i * i + 3 * of + i) % letters.length]!).join('')),
    );
    const lower = { precision };
    const full = await rowsOf(fixture(path), {}, [batch]);
    const together = await rowsOf(fixture(path), lower, [batch, batch.toReversed()]);
    const alone = await rowsOf(
      fixture(path),
      lower,
      batch.map((each) => [each]),
    );
    for (const [i, row] of alone.entries()) {
      expect(together[i]).toEqual(row);
      expect(together[together.length - 1 - i]).toEqual(row);
      // On a CPU, weights that are stored as float16 may give the very rows of fp32.
      if (precision === 'int8') expect(row).not.toEqual(full[i]);
      expect(cosine(row, full[i]!)).toBeGreaterThan(LEAST[precision]);
    }
  },
);

test('every layer has an int8 graph, from one converted file', async () => {
  const path = fixture('esm2_tiny_hf');
  const batch = [Buffer.from('MKTAYIAKQR')];
  for (const output of ['hidden_states.0', 'hidden_states.1', 'last_hidden_state']) {
    const [full] = await rowsOf(path, { output }, [batch]);
    const [row] = await rowsOf(path, { output, precision: 'int8' }, [batch]);
    expect(cosine(row!, full!)).toBeGreaterThan(0.999);
  }
});

test('the precision is part of the fingerprint; fp32 is what it was', async () => {
  const path = fixture('esm2_tiny_hf');
  const usual = await resolveModel(path);
  const full = await resolveModel(path, { precision: 'fp32' });
  const int8 = await resolveModel(path, { precision: 'int8' });
  const layer = await resolveModel(path, { precision: 'int8', output: 'hidden_states.1' });
  const half = await resolveModel(path, { precision: 'fp16' });
  expect(full).toEqual(usual);
  expect(usual.precision).toBeUndefined();
  expect([int8.precision, half.precision]).toEqual(['int8', 'fp16']);
  expect(new Set([usual, int8, layer, half].map(({ fingerprint }) => fingerprint)).size).toBe(4);
  // Runs that earlier versions began have this one.
  expect(usual.fingerprint).toBe('04349b3497b1ff421bdb4e8448b99e718e8184f80423b7b1762aba65195505aa');
});

test.each<[string, string, ModelOverrides, RegExp]>([
  [
    'a built-in model',
    'aac',
    { precision: 'int8' },
    /aac: computes as its graph says.*as int8; .*published weights/,
  ],
  [
    'a built-in model in float16',
    'tnf',
    { precision: 'fp16' },
    /tnf: computes as its graph says.*as fp16; .*published weights/,
  ],
])('%s is refused', async (_, model, overrides, message) => {
  await expect(resolveModel(model, overrides)).rejects.toMatchObject({
    code: 'model_unsupported',
    message: expect.stringMatching(message),
  });
});

test('an exported folder without a graph in that precision is refused with what is there', async () => {
  const exported = fileURLToPath(new URL('../test/fixtures/tiny_esm2', import.meta.url));
  await expect(resolveModel(exported, { precision: 'int8' })).rejects.toMatchObject({
    code: 'model_file_missing',
    message: expect.stringMatching(/model_quantized\.onnx: is missing, but the folder has model\.onnx; /),
  });
});

test.each([
  ['tensorrt', true],
  ['coreml', true],
  ['cuda', false],
  ['webgpu', false],
  ['dml', false],
  ['cpu', false],
] as const)("%s gets the graph with ONNX's own operators: %s", async (kind, plain) => {
  const opened: unknown[] = [];
  const open = async (graph: unknown) => {
    opened.push(graph);
    return {} as InferenceSession;
  };
  for (const precision of ['fp32', 'fp16'] as const) {
    const source = await resolveModel(fixture('esm2_tiny_hf'), { precision });
    await openSession(source, parseDevice(kind), 1, open);
    expect(opened.at(-1)).toBe(plain ? source.built!.plain : source.built!.model);
  }
  expect(new Set(opened).size).toBe(2);
});

test('weights that half precision does not hold give no number, which is not taken for a row', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'large-')), 'esm2_tiny_hf');
  cpSync(fixture('esm2_tiny_hf'), folder, { recursive: true });
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  const head = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
  const name = Object.keys(head).find((each) => each.endsWith('layer.0.output.dense.weight'))!;
  bytes.writeFloatLE(70_000, 8 + Number(bytes.readBigUInt64LE()) + head[name].data_offsets[0]);
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  const batch = [Buffer.from('MKTAYIAKQR')];
  const hasNumbers = async (overrides: ModelOverrides) =>
    (await rowsOf(folder, overrides, [batch]))[0]!.every((value) => Number.isFinite(value));
  expect([await hasNumbers({}), await hasNumbers({ precision: 'fp16' })]).toEqual([true, false]);
});

test('int8 is refused on a GPU, by name', async () => {
  const source = await resolveModel(fixture('esm2_tiny_hf'), { precision: 'int8' });
  await expect(loadModel(source, { device: parseDevice('cuda:1') })).rejects.toMatchObject({
    code: 'model_unsupported',
    message: expect.stringMatching(/int8 is computed on the CPU only, not on cuda:1; choose the device cpu/),
  });
});

test('a cache that cannot be written is told with its remedy', async () => {
  vi.stubEnv('HOLDFAST_CACHE', join(fixture('SOURCES.md'), 'cache'));
  await expect(resolveModel(fixture('esm2_tiny_hf'), { precision: 'int8' })).rejects.toMatchObject({
    code: 'cache_unusable',
    message: expect.stringMatching(/cache\/int8: .*Holdfast's cache cannot take .* kB .*set HOLDFAST_CACHE/),
  });
});

test.each([
  ['clips sums', 32_767, '1'],
  ['is exact', 64 * 255 * 127, undefined],
])('on a CPU whose product of 8-bit integers %s', async (_, value, option) => {
  const opened: unknown[] = [];
  const session = {
    run: async () => ({ product: { data: Int32Array.of(value) } }),
    release: async () => undefined,
  };
  const open = async (_graph: unknown, { extra }: InferenceSession.SessionOptions) => {
    opened.push(extra);
    return session as unknown as InferenceSession;
  };
  const source = await resolveModel(fixture('esm2_tiny_hf'), { precision: 'int8' });
  await openSession(source, parseDevice('cpu'), 1, open);
  await openSession(source, parseDevice('cpu'), 1, open);
  const { folder } = source.built!;
  const options = {
    model_external_initializers_file_folder_path: folder,
    ...(option && { x64quantprecision: option }),
  };
  expect(opened).toEqual([undefined, { session: options }, { session: options }]);
});

test('ONNX Runtime multiplies the trial', async () => {
  const open = (graph: Uint8Array, options: object) => ort.InferenceSession.create(graph, options);
  await expect(int8Saturates(open)).resolves.toBeTypeOf('boolean');
});
