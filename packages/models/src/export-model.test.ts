import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, resolveModel } from '@holdfast/gpu-runtime';
import { beforeEach, expect, test } from 'vitest';
import { exportModel } from './export-model.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../model-zoo/test/fixtures/${name}`, import.meta.url));
const options = { signal: new AbortController().signal, onEvent: () => undefined };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-'));
});

async function rowsOf(path: string, sequences: readonly string[]): Promise<Float32Array> {
  const model = await loadModel(await resolveModel(path));
  const rows = await model.embed(sequences.map((each) => Buffer.from(each)));
  await model.release();
  return Float32Array.from(rows as Float32Array);
}

test.each([
  ["fair-esm's .pt", 'esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt', ['MKTAYIAK', 'MJJKJ*', 'GG']],
  ['half precision', 'esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', ['MKTAYIAK', 'GG']],
  ['shards', 'esm2_tiny_hf_sharded_safetensors', ['MKTAYIAK', 'MJJKJ*', 'GG']],
  ['ESM C', 'esmc_t2_tiny', ['MKTAYIAK', 'MJJKJ*', 'GG']],
  ['ProtT5', 'prott5_tiny', ['MKTAYIAK', 'UZOBX', 'GG']],
  ['ProtBERT', 'protbert_t2_tiny', ['MKTAYIAK', 'UZOBX', 'GG']],
  ['DNABERT-S', 'dnaberts_tiny', ['ACGTTGCAAC', 'NNACG', 'GG']],
  ['Nucleotide Transformer v2', 'ntv2_tiny', ['ACGTTGCAACTT', 'NACGRR', 'GG']],
])('%s: the exported folder gives the same rows', async (_, name, sequences) => {
  const to = join(folder, 'to');
  expect(await exportModel({ model: fixture(name), to, operators: 'fused', ...options })).toBe(to);
  expect(readdirSync(to)).toEqual(expect.arrayContaining(['holdfast.json', 'model.onnx', 'model.onnx_data']));
  const [before, after] = [await resolveModel(fixture(name)), await resolveModel(to)];
  expect(after).toMatchObject({ alphabet: before.alphabet, dim: before.dim, name: before.name });
  expect(after.recipe).toEqual(before.recipe);
  expect([after.maxResidues, after.maxTokens]).toEqual([before.maxResidues, before.maxTokens]);
  const rows = await rowsOf(fixture(name), sequences);
  expect(await rowsOf(to, sequences)).toEqual(rows);
  const others = join(folder, 'others');
  await exportModel({ model: fixture(name), to: others, ...options });
  const graph = readFileSync(join(others, 'model.onnx'));
  expect([graph.includes('com.microsoft'), graph.includes('Softmax')]).toEqual([false, true]);
  const differ = (await rowsOf(others, sequences)).map((value, i) => Math.abs(value - rows[i]!));
  expect(Math.max(...differ)).toBeLessThan(1e-5);
});

test('what is there is not overwritten', async () => {
  const to = join(folder, 'to');
  const again = () => exportModel({ model: fixture('esm2_tiny_hf'), to, ...options });
  await again();
  await expect(again()).rejects.toThrow(/to: is not empty; name a new folder/);
  rmSync(join(to, 'model.onnx'));
  await expect(again()).rejects.toThrow(/not empty/);
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  await expect(exportModel({ model: fixture('esm2_tiny_hf'), to: folder, ...options })).rejects.toThrow(
    /not empty/,
  );
});

test('the rest of an export that was cut off is replaced, whichever model it was of; other files are kept', async () => {
  const to = join(folder, 'to');
  mkdirSync(to);
  for (const name of ['.holdfast-export', 'vocab.txt', 'model.onnx', 'model.onnx_data.tmp'])
    writeFileSync(join(to, name), 'rest');
  const again = () => exportModel({ model: fixture('esm2_tiny_hf'), to, ...options });
  await again();
  expect(readdirSync(to).sort()).toEqual(['holdfast.json', 'model.onnx', 'model.onnx_data']);
  writeFileSync(join(to, '.holdfast-export'), '');
  writeFileSync(join(to, 'notes.txt'), 'mine');
  await expect(again()).rejects.toThrow(/not empty/);
  expect(readdirSync(to)).toContain('notes.txt');
});

test('of two exports to one folder at once, one is refused, and the folder is that of the other', async () => {
  const to = join(folder, 'to');
  const models = ['esm2_tiny_hf', 'dnaberts_tiny'];
  const both = await Promise.allSettled(
    models.map((name) => exportModel({ model: fixture(name), to, ...options })),
  );
  const [won, ...others] = models.filter((_, i) => both[i]!.status === 'fulfilled');
  expect(others).toEqual([]);
  const { reason } = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect((reason as Error).message).toMatch(
    /to: (process \d+ on .* exports a model to this folder; wait|is not empty)/,
  );
  const alone = join(folder, 'alone');
  await exportModel({ model: fixture(won!), to: alone, ...options });
  for (const name of readdirSync(alone))
    expect(readFileSync(join(to, name)).equals(readFileSync(join(alone, name))), name).toBe(true);
  expect(readdirSync(to)).toEqual(readdirSync(alone));
});

test('a graph is not exported again', async () => {
  const exporting = exportModel({ model: 'tnf', to: join(folder, 'to'), ...options });
  await expect(exporting).rejects.toThrow(/is an ONNX graph already; copy its folder/);
  expect(readdirSync(folder)).toEqual([]);
});
