import { expect, test } from 'vitest';
import { casesOf, fixture, idsOf, largest, operatorsOf, run, session } from '../test/run-graph.js';
import { openModel } from './open-model.js';

/** Folders and files, and where their sequences are. */
const MODELS = [
  ['esm2_t2_tiny/esm2_t2_tiny.pt', 'esm2_t2_tiny'],
  ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D'],
  ['esm2_tiny_hf', 'esm2_tiny_hf'],
  ['esm1b_t2_tiny', 'esm1b_t2_tiny'],
  ['ntv2_tiny', 'ntv2_tiny'],
  ['dnaberts_tiny', 'dnaberts_tiny'],
  ['dnabert2_tiny', 'dnaberts_tiny'],
  ['prott5_tiny', 'prott5_tiny'],
  ['esmc_t2_tiny', 'esmc_t2_tiny'],
  ['protbert_t2_tiny', 'protbert_t2_tiny'],
] as const;

// The largest differences measured: 7.6e-6 of rows, 1.4e-5 of logits, 3.9e-7 of contacts.
test.each(MODELS)("%s with ONNX's own operators gives the same rows, of every output", async (path, of) => {
  const { encoder } = await openModel(fixture(path));
  for (const output of encoder.outputs) {
    const plain = { operators: 'plain' } as const;
    const used = operatorsOf(encoder.build(output, plain).model);
    expect(used.domains).toEqual(['']);
    expect(used.operators).not.toContain('SimplifiedLayerNormalization');
    const [one, other] = [await session(encoder, output), await session(encoder, output, plain)];
    for (const each of casesOf(of).slice(0, 6)) {
      const ids = idsOf(each);
      // Contacts are of residues, of which there must be one.
      if (ids === null || ids.length < 3) continue;
      const [fused, apart] = [await run(one, ids), await run(other, ids)];
      expect(largest(apart, fused)).toBeLessThan(output === 'logits' ? 3e-5 : 1e-5);
    }
  }
});

test('the usual graph has the operators of ONNX Runtime', async () => {
  const { encoder } = await openModel(fixture('esm2_tiny_hf'));
  const { domains, operators } = operatorsOf(encoder.build().model);
  expect(domains).toEqual(['', 'com.microsoft']);
  expect(operators).toContain('MultiHeadAttention');
});
