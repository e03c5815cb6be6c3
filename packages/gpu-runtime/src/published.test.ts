import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadModel } from './load-model.js';
import type { Pooling } from './model/recipe.js';
import { resolveModel } from './resolve-model.js';

// Values of the public code, see the SOURCES of these fixtures.
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../model-zoo/test/fixtures/${name}`, import.meta.url));

type Case = Record<string, unknown>;

function casesOf(name: string): Case[] {
  const expected = JSON.parse(readFileSync(join(fixture(name), 'expected.json'), 'utf8'));
  return Array.isArray(expected) ? expected : expected.sequences;
}

const lastLayer = (of: unknown): number[] | undefined =>
  Array.isArray(of) ? of : of == null ? undefined : Object.values(of as Record<string, number[]>).at(-1);

/** Residues as a run hands them over, and the row of the public code. */
function expectations(name: string, key: string): { residues: Uint8Array; row: number[] }[] {
  return casesOf(name).flatMap((of) => {
    const sequence = of['sequence'];
    const row = lastLayer(of[key]);
    // A run hands over no lower case, blank, or name of a token.
    if (typeof sequence !== 'string' || row === undefined || !/^[A-Z*-]+$/.test(sequence)) return [];
    return [{ residues: Buffer.from(sequence), row }];
  });
}

const RESIDUES = 'last_hidden_state_mean_without_special';

test.each<[path: string, of: string, key: string, pooling: Pooling | undefined]>([
  ['esm2_tiny_hf', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_noprefix', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_sharded_bin', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_sharded_safetensors', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_f16', 'esm2_tiny_hf_f16', RESIDUES, undefined],
  ['esm2_tiny_hf', 'esm2_tiny_hf', 'cls', 'cls'],
  ['esm1b_t2_tiny', 'esm1b_t2_tiny', 'mean_residues', undefined],
  ['esm2_t2_tiny/esm2_t2_tiny.pt', 'esm2_t2_tiny', 'mean', undefined],
  ['esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt', 'esm2_t2_tinyf32_UR50D', 'mean', undefined],
  ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D', 'mean', undefined],
  ['dnaberts_tiny', 'dnaberts_tiny', 'mean_all_tokens', undefined],
  ['dnaberts_tiny', 'dnaberts_tiny', 'mean_without_special', 'mean'],
  ['dnabert2_tiny', 'dnaberts_tiny', 'mean_all_tokens', undefined],
  ['prott5_tiny', 'prott5_tiny', 'mean_residues', undefined],
  ['esmc_t2_tiny', 'esmc_t2_tiny', 'mean_residues', undefined],
  ['protbert_t2_tiny', 'protbert_t2_tiny', 'mean_residues', undefined],
  ['protbert_t2_tiny', 'protbert_t2_tiny', 'cls', 'cls'],
])(
  '%s gives the rows of the public code, alone and in any batch (%s, %s)',
  async (path, of, key, pooling) => {
    const source = await resolveModel(fixture(path), pooling === undefined ? {} : { pooling });
    const model = await loadModel(source);
    try {
      const cases = expectations(of, key).filter(({ residues }) => residues.length <= source.maxResidues);
      expect(cases.length).toBeGreaterThanOrEqual(3);
      const together = await model.embed(cases.map(({ residues }) => residues));
      let worst = 0;
      for (const [i, { residues, row }] of cases.entries()) {
        const alone = await model.embed([residues]);
        const rows = together.subarray(i * source.dim, (i + 1) * source.dim);
        expect(rows).toEqual(alone);
        worst = Math.max(worst, ...row.map((value, at) => Math.abs(value - alone[at]!)));
      }
      expect(worst).toBeLessThan(1e-5);
    } finally {
      await model.release();
    }
  },
);
