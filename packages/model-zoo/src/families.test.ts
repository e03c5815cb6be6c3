import { join } from 'node:path';
import type * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { casesOf, fixture, idsOf, largest, meanOf, readJson, run, session } from '../test/run-graph.js';
import { bertGraph } from './families/bert/bert.js';
import { dnabert2Graph } from './families/dnabert2/dnabert2.js';
import { esmConfig } from './families/esm/config.js';
import { openFairEsm } from './families/esm/fair-esm.js';
import { esmGraph } from './families/esm/graph.js';
import { esmWeights } from './families/esm/weights.js';
import { esmcFolderGraph, esmcGraph } from './families/esmc/esmc.js';
import { t5Graph } from './families/t5/t5.js';
import type { Encoder } from './onnx/encoder.js';
import { openWeights } from './weights/open-weights.js';
import { openPtWeights } from './weights/pt-weights.js';
import type { Weights } from './weights/weights.js';

type Build = (path: string, config: Record<string, unknown>, weights: Weights) => Encoder;
const esm: Build = (path, config, weights) => {
  const read = esmConfig(path, config);
  return esmGraph(read, esmWeights(weights, read));
};

async function fromFolder(name: string, build: Build): Promise<ort.InferenceSession> {
  const path = join(fixture(name), 'config.json');
  return session(build(path, readJson(path), await openWeights(fixture(name))));
}

/** The largest difference from what the public code gave; `first` and `last` tokens are left out. */
async function worst(
  embed: ort.InferenceSession,
  expectations: string,
  key: string,
  [first, last]: readonly [number, number],
) {
  let [most, compared] = [0, 0];
  for (const of of casesOf(expectations)) {
    const ids = idsOf(of);
    const given = of[key] as number[] | Record<string, number[]> | undefined;
    const mean = Array.isArray(given) ? given : given?.[Object.keys(given).at(-1)!];
    if (ids === null || !Array.isArray(mean)) continue;
    const found = await run(embed, ids);
    most = Math.max(most, largest([meanOf(found.slice(first, found.length - last))], [mean]));
    compared++;
  }
  return { most, compared };
}

const RESIDUES = 'last_hidden_state_mean_without_special';
const BOTH: [number, number] = [1, 1];
const NONE: [number, number] = [0, 0];

test.each<[string, Build, string, string, [number, number], number]>([
  ['esm2_tiny_hf', esm, 'esm2_tiny_hf', RESIDUES, BOTH, 15],
  ['esm2_tiny_hf_noprefix', esm, 'esm2_tiny_hf', RESIDUES, BOTH, 15],
  ['esm2_tiny_hf_f16', esm, 'esm2_tiny_hf_f16', RESIDUES, BOTH, 9],
  ['esm2_tiny_hf_sharded_safetensors', esm, 'esm2_tiny_hf', RESIDUES, BOTH, 15],
  ['esm2_tiny_hf_sharded_bin', esm, 'esm2_tiny_hf', RESIDUES, BOTH, 15],
  ['esm1b_t2_tiny', esm, 'esm1b_t2_tiny', 'mean_residues', BOTH, 4],
  ['ntv2_tiny', esm, 'ntv2_tiny', 'mean_all_tokens', NONE, 16],
  ['dnaberts_tiny', dnabert2Graph, 'dnaberts_tiny', 'mean_all_tokens', NONE, 17],
  ['dnabert2_tiny', dnabert2Graph, 'dnaberts_tiny', 'mean_all_tokens', NONE, 17],
  ['prott5_tiny', t5Graph, 'prott5_tiny', 'mean_residues', [0, 1], 8],
  ['esmc_t2_tiny', esmcFolderGraph, 'esmc_t2_tiny', 'mean_residues', BOTH, 4],
  [
    'protbert_t2_tiny',
    (...given) => bertGraph(...given).encoder,
    'protbert_t2_tiny',
    'mean_residues',
    BOTH,
    4,
  ],
])('%s gives the rows of the public code', async (name, build, expectations, key, left, least) => {
  const { most, compared } = await worst(await fromFolder(name, build), expectations, key, left);
  expect(compared).toBeGreaterThanOrEqual(least);
  expect(most).toBeLessThan(1e-5);
});

test('an ESM-2 as transformers 5 saves it, with one inv_freq under a name with a star, gives the same rows', async () => {
  const name = 'esm2_tiny_hf';
  const { path, tensors } = await openWeights(fixture(name));
  const saved = new Map([...tensors].filter(([each]) => !each.endsWith('inv_freq')));
  const frequencies = [...tensors].find(([each]) => each.endsWith('inv_freq'))!;
  saved.set(frequencies[0].replace(/layer\.\d+/, 'layer.*'), frequencies[1]);
  expect(saved.size).toBeLessThan(tensors.size);
  const config = join(fixture(name), 'config.json');
  const embed = await session(esm(config, readJson(config), { path, tensors: saved }));
  expect((await worst(embed, name, RESIDUES, BOTH)).most).toBeLessThan(1e-5);
});

test('ESM C as first published gives the rows of the public code', async () => {
  const weights = await openPtWeights(join(fixture('esmc_tiny'), 'data/weights/esmc_tiny_2024_12_v0.pth'));
  const { most, compared } = await worst(
    await session(esmcGraph(weights, 4)),
    'esmc_tiny',
    'mean_residues',
    BOTH,
  );
  expect(compared).toBeGreaterThanOrEqual(9);
  expect(most).toBeLessThan(1e-5);
});

test.each([
  ['esm2_t2_tiny', BOTH, 5],
  ['esm2_t2_tinyf32_UR50D', BOTH, 9],
  ['esm2_t3_tinyf16_UR50D', BOTH, 5],
] as const)('%s.pt of fair-esm gives its rows', async (name, left, least) => {
  const { config, weights } = (await openFairEsm(join(fixture(name), `${name}.pt`)))!;
  const embed = await session(esmGraph(config, esmWeights(weights, config)));
  const { most, compared } = await worst(embed, name, 'mean', [...left]);
  expect(compared).toBeGreaterThanOrEqual(least);
  expect(most).toBeLessThan(1e-5);
});
