import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { esm2Config } from './esm2/config.js';
import { esm2Graph } from './esm2/graph.js';
import { esm2Weights } from './esm2/names.js';
import { openWeights } from './weights/open-weights.js';

const fixture = (name: string) => fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url));
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

async function session(folder: string): Promise<ort.InferenceSession> {
  const path = join(folder, 'config.json');
  const config = esm2Config(path, read(path));
  const { model, files } = esm2Graph(config, esm2Weights(openWeights(folder), config));
  // ONNX Runtime takes external data only from the graph's own folder.
  const cache = mkdtempSync(join(tmpdir(), 'graph-'));
  for (const [location, weights] of files) copyFileSync(weights, join(cache, location));
  writeFileSync(join(cache, 'model.onnx'), model);
  return ort.InferenceSession.create(join(cache, 'model.onnx'), { logSeverityLevel: 3 });
}

interface Case {
  id: string;
  input_ids?: number[];
  'hf_4.27_tokenizer_input_ids'?: number[];
  last_hidden_state_mean_without_special?: number[];
}

/** The mean over all tokens but the first and the last. */
async function meanOf(embed: ort.InferenceSession, ids: readonly number[]): Promise<number[]> {
  const input = new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
  const hidden = (await embed.run({ input_ids: input }))['last_hidden_state']!;
  const [data, dim] = [hidden.data as Float32Array, hidden.dims[2]!];
  return Array.from({ length: dim }, (_, i) => {
    let sum = 0;
    for (let token = 1; token < ids.length - 1; token++) sum += data[token * dim + i]!;
    return sum / (ids.length - 2);
  });
}

test.each([
  ['esm2_tiny_hf', 'esm2_tiny_hf'],
  ['esm2_tiny_hf_noprefix', 'esm2_tiny_hf'],
  ['esm2_tiny_hf_f16', 'esm2_tiny_hf_f16'],
  ['esm2_tiny_hf_sharded_safetensors', 'esm2_tiny_hf'],
])('%s gives the rows of the public code, within 2e-6', async (name, expectations) => {
  const embed = await session(fixture(name));
  const { sequences } = read(join(fixture(expectations), 'expected.json')) as { sequences: Case[] };
  const compared: string[] = [];
  for (const of of sequences) {
    const ids = of.input_ids ?? of['hf_4.27_tokenizer_input_ids'];
    const mean = of.last_hidden_state_mean_without_special;
    if (ids === undefined || mean === undefined) continue;
    const found = await meanOf(embed, ids);
    const worst = Math.max(...found.map((value, i) => Math.abs(value - mean[i]!)));
    expect(worst, of.id).toBeLessThan(2e-6);
    compared.push(of.id);
  }
  expect(compared).toEqual(expect.arrayContaining(['p33', 'one', 'rare', 'gap', 'mask', 'p54']));
});
