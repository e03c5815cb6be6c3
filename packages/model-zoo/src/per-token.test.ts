import { expect, test } from 'vitest';
import { type Case, casesOf, fixture, idsOf, largest, meanOf, run, session } from '../test/run-graph.js';
import { esmcGraph } from './families/esmc/esmc.js';
import type { Encoder } from './onnx/encoder.js';
import { openModel } from './open-model.js';
import { openPtWeights } from './weights/pt-weights.js';

/** The encoder of a fixture, from its folder or its file. */
async function encoderOf(path: string): Promise<Encoder> {
  // Its heads are smaller than those of the published models, and the file does not say.
  if (path.startsWith('esmc_tiny')) return esmcGraph(await openPtWeights(fixture(path)), 4);
  return (await openModel(fixture(path))).encoder;
}

/** Runs the cases that have values under a key. @returns the largest difference, and how many values were compared. */
async function compare(
  encoder: Encoder,
  output: string,
  expectations: string,
  valuesOf: (of: Case) => number[][] | undefined,
  rowsOf: (found: number[][], expected: number[][]) => number[][],
): Promise<{ most: number; compared: number }> {
  const embed = await session(encoder, output);
  let [most, compared] = [0, 0];
  for (const of of casesOf(expectations)) {
    const [ids, expected] = [idsOf(of), valuesOf(of)];
    if (ids === null || expected == null || expected.length === 0) continue;
    most = Math.max(most, largest(rowsOf(await run(embed, ids), expected), expected));
    compared++;
  }
  return { most, compared };
}

/** Some values leave the special tokens out, which are one on each side there. */
const matching = (found: number[][], expected: number[][]) =>
  found.length === expected.length ? found : found.slice(1, -1);

const ESMC = 'esmc_tiny/data/weights/esmc_tiny_2024_12_v0.pth';

/** Of all tokens, or of all residues, of the last layer or of each. The largest difference measured is 2.9e-6. */
test.each<[path: string, of: string, key: string, least: number]>([
  ['esm2_t2_tiny/esm2_t2_tiny.pt', 'esm2_t2_tiny', 'per_token', 3],
  ['esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt', 'esm2_t2_tinyf32_UR50D', 'tokens_all', 9],
  ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D', 'tokens_all', 7],
  ['esm2_tiny_hf', 'esm2_tiny_hf', 'last_hidden_state', 13],
  ['esm2_tiny_hf_noprefix', 'esm2_tiny_hf', 'last_hidden_state', 13],
  ['esm2_tiny_hf_sharded_bin', 'esm2_tiny_hf', 'last_hidden_state', 13],
  ['esm2_tiny_hf_sharded_safetensors', 'esm2_tiny_hf', 'last_hidden_state', 13],
  ['esm1b_t2_tiny', 'esm1b_t2_tiny', 'per_token', 3],
  ['ntv2_tiny', 'ntv2_tiny', 'last_hidden_state', 15],
  ['dnaberts_tiny', 'dnaberts_tiny', 'last_hidden_state', 14],
  ['dnabert2_tiny', 'dnaberts_tiny', 'last_hidden_state', 14],
  ['prott5_tiny', 'prott5_tiny', 'last_hidden_state', 8],
  [ESMC, 'esmc_tiny', 'embeddings', 9],
  ['esmc_t2_tiny', 'esmc_t2_tiny', 'per_token', 3],
  ['protbert_t2_tiny', 'protbert_t2_tiny', 'per_token', 3],
])('%s: every token is that of the public code (%s %s, %i sequences)', async (path, of, key, least) => {
  const encoder = await encoderOf(path);
  const layers = new Set(
    casesOf(of).flatMap((each) => (Array.isArray(each[key]) ? [null] : Object.keys(each[key] ?? {}))),
  );
  for (const layer of layers) {
    const { most, compared } = await compare(
      encoder,
      layer === null ? 'last_hidden_state' : `hidden_states.${layer}`,
      of,
      (each) =>
        (layer === null
          ? each[key]
          : (each[key] as Record<string, number[][]> | undefined)?.[layer]) as number[][],
      matching,
    );
    expect(compared).toBeGreaterThanOrEqual(layer === null || layers.size === 1 ? least : 1);
    expect(most).toBeLessThan(1e-5);
  }
});

type Left = readonly [first: number, last: number];
const BOTH: Left = [1, 1];
const NONE: Left = [0, 0];

/** Means of each layer; `first` is the layer of the first value. The largest difference measured is 4.3e-6, of ESM C. */
test.each<[path: string, of: string, key: string, left: Left, first: number, layers: number, least: number]>([
  ['esm2_t2_tiny/esm2_t2_tiny.pt', 'esm2_t2_tiny', 'mean', BOTH, 0, 3, 5],
  ['esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt', 'esm2_t2_tinyf32_UR50D', 'mean', BOTH, 0, 3, 9],
  ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D', 'mean', BOTH, 0, 4, 7],
  ['esm2_tiny_hf', 'esm2_tiny_hf', 'hidden_states_mean_without_special', BOTH, 0, 3, 15],
  ['esm1b_t2_tiny', 'esm1b_t2_tiny', 'hidden_states_mean', BOTH, 0, 3, 3],
  ['ntv2_tiny', 'ntv2_tiny', 'hidden_states_mean_all_tokens', NONE, 0, 3, 16],
  ['dnaberts_tiny', 'dnaberts_tiny', 'all_layers_mean_all_tokens', NONE, 1, 2, 17],
  ['dnabert2_tiny', 'dnaberts_tiny', 'all_layers_mean_all_tokens', NONE, 1, 2, 17],
  ['prott5_tiny', 'prott5_tiny', 'hidden_states_mean_residues', [0, 1], 0, 3, 8],
  ['esmc_t2_tiny', 'esmc_t2_tiny', 'hidden_states_mean', BOTH, 0, 3, 3],
  // Its last value is before the last norm.
  [ESMC, 'esmc_tiny', 'hidden_states_mean_residues', BOTH, 1, 1, 9],
  ['protbert_t2_tiny', 'protbert_t2_tiny', 'hidden_states_mean', BOTH, 0, 3, 3],
])(
  '%s: every layer is that of the public code (%s %s)',
  async (path, of, key, [before, after], first, layers, least) => {
    const encoder = await encoderOf(path);
    for (let layer = 0; layer < layers; layer++) {
      const { most, compared } = await compare(
        encoder,
        `hidden_states.${layer + first}`,
        of,
        (each) => {
          const row = (each[key] as number[][] | undefined)?.[layer];
          return row && [row];
        },
        (found) => [meanOf(found.slice(before, found.length - after))],
      );
      expect(compared).toBeGreaterThanOrEqual(least);
      expect(most).toBeLessThan(1e-5);
    }
  },
);
