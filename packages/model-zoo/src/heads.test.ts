import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { gelu, PlainWeights } from '../test/plain.js';
import { type Case, casesOf, fixture, idsOf, largest, readJson, run, session } from '../test/run-graph.js';
import { dnabert2Graph } from './families/dnabert2/dnabert2.js';
import { esmcGraph } from './families/esmc/esmc.js';
import { openModel } from './open-model.js';
import { openWeights } from './weights/open-weights.js';
import { openPtWeights } from './weights/pt-weights.js';

const ESMC = 'esmc_tiny/data/weights/esmc_tiny_2024_12_v0.pth';
const fairEsm = (name: string) => `${name}/${name}.pt`;

async function encoderOf(path: string) {
  if (path === ESMC) return esmcGraph(await openPtWeights(fixture(path)), 4);
  return (await openModel(fixture(path))).encoder;
}

/** Some values leave out the special tokens, or the entries that pad the vocabulary. */
function matching(found: number[][], expected: number[][]): number[][] {
  const rows = found.length === expected.length ? found : found.slice(1, -1);
  return rows.map((row) => row.slice(0, expected[0]!.length));
}

/** The largest differences measured: 1.1e-5 of logits, 5.6e-7 of contacts. */
test.each<[output: string, path: string, of: string, key: string, least: number]>([
  ['logits', fairEsm('esm2_t2_tiny'), 'esm2_t2_tiny', 'logits', 3],
  ['logits', fairEsm('esm2_t2_tinyf32_UR50D'), 'esm2_t2_tinyf32_UR50D', 'logits', 7],
  ['logits', fairEsm('esm2_t3_tinyf16_UR50D'), 'esm2_t3_tinyf16_UR50D', 'logits', 6],
  // The same weights as fair-esm's, under other names; its decoder is the table of embeddings.
  ['logits', 'esm2_tiny_hf', 'esm2_t2_tinyf32_UR50D', 'logits', 7],
  ['logits', 'bert_head_tiny', 'bert_head_tiny', 'logits', 3],
  ['logits', 'bert_head_untied_tiny', 'bert_head_untied_tiny', 'logits', 3],
  ['logits', 'roberta_head_tiny', 'roberta_head_tiny', 'logits', 3],
  ['logits', ESMC, 'esmc_tiny', 'sequence_logits_first_33', 9],
  ['contacts', fairEsm('esm2_t2_tiny'), 'esm2_t2_tiny', 'contacts', 3],
  ['contacts', fairEsm('esm2_t2_tinyf32_UR50D'), 'esm2_t2_tinyf32_UR50D', 'contacts', 6],
  ['contacts', fairEsm('esm2_t3_tinyf16_UR50D'), 'esm2_t3_tinyf16_UR50D', 'contacts', 5],
  ['contacts', 'esm2_tiny_hf', 'esm2_t2_tinyf32_UR50D', 'contacts', 6],
])('%s of %s are those of the public code (%s %s)', async (output, path, of, key, least) => {
  const embed = await session(await encoderOf(path), output);
  let [most, compared] = [0, 0];
  for (const each of casesOf(of)) {
    const [ids, expected] = [idsOf(each), each[key] as number[][] | undefined];
    if (ids === null || expected === undefined || expected.length === 0) continue;
    // Residues make no <eos>, whose attention the public code leaves out wherever it is.
    if (output === 'contacts' && ids.slice(0, -1).includes(2)) continue;
    const found = await run(embed, ids);
    most = Math.max(most, largest(output === 'contacts' ? found : matching(found, expected), expected));
    compared++;
  }
  expect(compared).toBeGreaterThanOrEqual(least);
  expect(most).toBeLessThan(output === 'logits' ? 3e-5 : 1e-5);
});

test.each([
  [fairEsm('esm2_t2_tiny'), ['logits', 'contacts']],
  ['esm2_tiny_hf', ['logits', 'contacts']],
  ['esm1b_t2_tiny', ['contacts']],
  ['ntv2_tiny', ['logits']],
  [ESMC, ['logits']],
  ['esm2_tiny_hf_noprefix', ['contacts']],
  ['dnabert2_tiny', ['logits']],
  ['dnaberts_tiny', []],
  ['protbert_t2_tiny', []],
  ['bert_head_tiny', ['logits']],
  ['bert_head_untied_tiny', ['logits']],
  ['roberta_head_tiny', ['logits']],
])('%s has, beside its layers, the outputs %j', async (path, heads) => {
  const { outputs, layers } = await encoderOf(path);
  expect(outputs).toEqual([...layers, ...heads]);
  expect(layers[0]).toBe('last_hidden_state');
});

/** A copy of an ESM-2 whose regression is changed. */
async function changed(change: (regression: string) => void) {
  const folder = join(mkdtempSync(join(tmpdir(), 'heads-')), 'esm2_t2_tiny');
  cpSync(fixture('esm2_t2_tiny'), folder, { recursive: true });
  change(join(folder, 'esm2_t2_tiny-contact-regression.pt'));
  return (await openModel(join(folder, 'esm2_t2_tiny.pt'))).encoder;
}

test.each<[string, (regression: string) => void]>([
  ['missing', (path) => rmSync(path)],
  ['damaged', (path) => writeFileSync(path, readFileSync(path).subarray(0, 900))],
  [
    'of another size',
    (path) => cpSync(fixture('esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D-contact-regression.pt'), path),
  ],
])('without contacts if the regression is %s; rows are the same', async (_, change) => {
  const encoder = await changed(change);
  expect(encoder.outputs).not.toContain('contacts');
  const whole = (await openModel(fixture(fairEsm('esm2_t2_tiny')))).encoder;
  expect(encoder.build().identity).toEqual(whole.build().identity);
});

test('only contacts need the file of the regression', async () => {
  const encoder = await encoderOf(fairEsm('esm2_t2_tiny'));
  const files = (output: string) => encoder.build(output).files.map((file) => basename(file));
  expect(files('hidden_states.1')).toEqual(['esm2_t2_tiny.pt']);
  expect(files('logits')).toEqual(['esm2_t2_tiny.pt']);
  expect(files('contacts')).toEqual(['esm2_t2_tiny.pt', 'esm2_t2_tiny-contact-regression.pt']);
});

test("logits of DNABERT-2 come from its head, whose decoder is the table of embeddings; another activation's are left out", async () => {
  const weights = await openWeights(fixture('dnabert2_tiny'));
  const [encoder, of] = [await encoderOf('dnabert2_tiny'), casesOf('dnaberts_tiny')[0] as Case];
  const found = await run(await session(encoder, 'logits'), idsOf(of)!);
  const plain = new PlainWeights(weights);
  const at = 'cls.predictions';
  const hidden = plain
    .linear(`${at}.transform.dense`, of['last_hidden_state'] as number[][])
    .map((row) => row.map(gelu));
  const bias = plain.flat(`${at}.decoder.bias`);
  const expected = plain
    .times(plain.norm(`${at}.transform.LayerNorm`, hidden), 'bert.embeddings.word_embeddings.weight')
    .map((row) => row.map((value, i) => value + bias[i]!));
  expect(found[0]).toHaveLength(160);
  expect(largest(found, expected)).toBeLessThan(3e-5);
  const config = join(fixture('dnabert2_tiny'), 'config.json');
  const other = dnabert2Graph(config, { ...readJson(config), hidden_act: 'relu' }, weights);
  expect(other.outputs).toEqual(other.layers);
});

test('logits of the Nucleotide Transformer come from its own decoder', async () => {
  const weights = await openWeights(fixture('ntv2_tiny'));
  const [encoder, of] = [await encoderOf('ntv2_tiny'), casesOf('ntv2_tiny')[0] as Case];
  const found = await run(await session(encoder, 'logits'), idsOf(of)!);
  const plain = new PlainWeights(weights);
  const hidden = plain
    .linear('lm_head.dense', of['last_hidden_state'] as number[][])
    .map((row) => row.map(gelu));
  const bias = plain.flat('lm_head.bias');
  const expected = plain
    .times(plain.norm('lm_head.layer_norm', hidden), 'lm_head.decoder.weight')
    .map((row) => row.map((value, i) => value + bias[i]!));
  const most = largest(found, expected);
  expect(found[0]).toHaveLength(4107);
  expect(most).toBeLessThan(1e-5);
});
