import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

const BESIDE = '-contact-regression.pt';
const RESIDUES = 'last_hidden_state_mean_without_special';

test.each<[path: string, of: string, key: string, pooling: Pooling | undefined]>([
  ['esm2_tiny_hf', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_noprefix', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_sharded_bin', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_sharded_safetensors', 'esm2_tiny_hf', RESIDUES, undefined],
  ['esm2_tiny_hf_f16', 'esm2_tiny_hf_f16', RESIDUES, undefined],
  ['esm2_tiny_hf', 'esm2_tiny_hf', 'cls', 'cls'],
  ['esm2_tiny_hf_f16', 'esm2_tiny_hf_f16', 'cls', 'cls'],
  ['esm1b_t2_tiny', 'esm1b_t2_tiny', 'mean_residues', undefined],
  ['esm2_t2_tiny/esm2_t2_tiny.pt', 'esm2_t2_tiny', 'mean', undefined],
  ['esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt', 'esm2_t2_tinyf32_UR50D', 'mean', undefined],
  ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D', 'mean', undefined],
  ['dnaberts_tiny', 'dnaberts_tiny', 'mean_all_tokens', undefined],
  ['dnaberts_tiny', 'dnaberts_tiny', 'mean_without_special', 'mean'],
  ['dnabert2_tiny', 'dnaberts_tiny', 'mean_all_tokens', undefined],
  ['prott5_tiny', 'prott5_tiny', 'mean_residues', undefined],
  ['esmc_t2_tiny', 'esmc_t2_tiny', 'mean_residues', undefined],
  ['ntv2_tiny', 'ntv2_tiny', 'mean_all_tokens', undefined],
  ['ntv2_tiny', 'ntv2_tiny', 'mean_without_cls', 'mean'],
  ['ntv2_tiny', 'ntv2_tiny', 'cls', 'cls'],
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

/** The rows of each layer, by its number. */
function layersOf(of: unknown): [layer: number, row: number[]][] {
  return Object.entries((of ?? {}) as Record<string, number[]>).map(([layer, row]) => [Number(layer), row]);
}

test.each<[path: string, of: string, key: string, pooling: Pooling | undefined, first: number]>([
  ['esm2_tiny_hf', 'esm2_tiny_hf', 'hidden_states_mean_without_special', undefined, 0],
  ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D', 'mean', undefined, 0],
  ['dnaberts_tiny', 'dnaberts_tiny', 'all_layers_mean_all_tokens', undefined, 1],
  ['prott5_tiny', 'prott5_tiny', 'hidden_states_mean_residues', undefined, 0],
  ['ntv2_tiny', 'ntv2_tiny', 'hidden_states_mean_all_tokens', undefined, 0],
])('%s gives the rows of every layer (%s, %s)', async (path, of, key, pooling, first) => {
  const cases = casesOf(of).filter(({ sequence }) => /^[A-Z]{2,60}$/.test(String(sequence)));
  expect(cases.length).toBeGreaterThanOrEqual(2);
  const layers = layersOf(cases[0]![key]);
  expect(layers.length).toBeGreaterThanOrEqual(2);
  for (const [layer] of layers) {
    const output = `hidden_states.${layer + first}`;
    const model = await loadModel(await resolveModel(fixture(path), { output, ...(pooling && { pooling }) }));
    for (const each of cases) {
      const row = await model.embed([Buffer.from(String(each['sequence']))]);
      const expected = layersOf(each[key])[layer]![1];
      expect(Math.max(...expected.map((value, at) => Math.abs(value - row[at]!)))).toBeLessThan(1e-5);
    }
    await model.release();
  }
});

test('the last layer is the default, and a layer that is not there is refused with those that are', async () => {
  const rows = [];
  for (const output of ['last_hidden_state', 'hidden_states.2', 'hidden_states.1']) {
    const model = await loadModel(await resolveModel(fixture('esm2_tiny_hf'), { output }));
    rows.push(await model.embed([Buffer.from('MKTAYIAK')]));
    await model.release();
  }
  expect(rows[1]).toEqual(rows[0]);
  expect(rows[2]).not.toEqual(rows[0]);
  await expect(resolveModel(fixture('esm2_tiny_hf'), { output: 'hidden_states.3' })).rejects.toMatchObject({
    code: 'model_mismatch',
    message: expect.stringMatching(
      /no output 'hidden_states\.3'; its outputs: last_hidden_state, hidden_states\.0, hidden_states\.1, hidden_states\.2;/,
    ),
  });
});

/** A copy of a fixture, changed. */
async function changed(name: string, change: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'published-')), name);
  await cp(fixture(name), folder, { recursive: true });
  await change(folder);
  return folder;
}

async function edited(folder: string, edit: (config: Record<string, unknown>) => void): Promise<void> {
  const path = join(folder, 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8'));
  edit(config);
  await writeFile(path, JSON.stringify(config));
}

test('the weights behind links, as in the cache of Hugging Face, are the same model', async () => {
  const plain = await resolveModel(fixture('esm2_tiny_hf'));
  const cache = await mkdtemp(join(tmpdir(), 'hub-'));
  const snapshot = join(cache, 'snapshots', 'c0ffee', 'esm2_tiny_hf');
  await mkdir(join(cache, 'blobs'));
  await mkdir(snapshot, { recursive: true });
  for (const name of ['config.json', 'vocab.txt', 'tokenizer_config.json', 'model.safetensors']) {
    await cp(join(fixture('esm2_tiny_hf'), name), join(cache, 'blobs', `blob-of-${name}`));
    await symlink(join('..', '..', '..', 'blobs', `blob-of-${name}`), join(snapshot, name));
  }
  const linked = await resolveModel(snapshot);
  expect(linked.fingerprint).toBe(plain.fingerprint);
  const rows = [];
  for (const source of [plain, linked]) {
    const model = await loadModel(source);
    rows.push(await model.embed([Buffer.from('MKTAYIAK')]));
    await model.release();
  }
  expect(rows[1]).toEqual(rows[0]);
});

test('a model in the cache of Hugging Face has its name on the hub', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'hub-'));
  const snapshot = join(cache, 'models--facebook--esm2_tiny', 'snapshots', 'c0ffee');
  await cp(fixture('esm2_tiny_hf'), snapshot, { recursive: true });
  const plain = await resolveModel(fixture('esm2_tiny_hf'));
  expect(await resolveModel(snapshot)).toMatchObject({
    name: 'facebook/esm2_tiny',
    fingerprint: plain.fingerprint,
  });
});

test('other weights are another model', async () => {
  const plain = await resolveModel(fixture('esm2_tiny_hf'));
  const other = await changed('esm2_tiny_hf', async (folder) => {
    const bytes = await readFile(join(folder, 'model.safetensors'));
    bytes[bytes.length - 2]! ^= 1;
    await writeFile(join(folder, 'model.safetensors'), bytes);
  });
  expect((await resolveModel(other)).fingerprint).not.toBe(plain.fingerprint);
});

test('a holdfast.json beside the weights changes settings', async () => {
  const folder = await changed('esm2_tiny_hf', (at) =>
    writeFile(join(at, 'holdfast.json'), JSON.stringify({ format: 1, maxTokens: 12, name: 'short' })),
  );
  expect(await resolveModel(folder)).toMatchObject({ name: 'short', maxResidues: 10 });
});

test.each<[string, string, (folder: string) => Promise<unknown>, string, RegExp]>([
  [
    'another family',
    'esm2_tiny_hf',
    (at) => edited(at, (config) => Object.assign(config, { model_type: 'llama' })),
    'model_unsupported',
    /config\.json: names the model type "llama".*the known families are ESM-2.*optimum-cli export onnx/,
  ],
  [
    'a key that the graph does not follow',
    'esm2_tiny_hf',
    (at) => edited(at, (config) => Object.assign(config, { is_folding_model: true })),
    'model_unsupported',
    /is_folding_model is true \(an ESMFold\)/,
  ],
  [
    'a key that is not known',
    'esm2_tiny_hf',
    (at) => edited(at, (config) => Object.assign(config, { sliding_window: 3 })),
    'model_unsupported',
    /sliding_window is not known/,
  ],
  [
    'fewer layers than the configuration says',
    'esm2_tiny_hf',
    (at) => edited(at, (config) => Object.assign(config, { num_hidden_layers: 9 })),
    'model_mismatch',
    /model\.safetensors: lacks 'esm\.encoder\.layer\.2\..*same revision/,
  ],
  [
    'more layers than the configuration says',
    'esm2_tiny_hf',
    (at) => edited(at, (config) => Object.assign(config, { num_hidden_layers: 1 })),
    'model_mismatch',
    /a plain ESM does not have: esm\.encoder\.layer\.1/,
  ],
  [
    'weights that are cut off',
    'esm2_tiny_hf',
    async (at) => {
      const bytes = await readFile(join(at, 'model.safetensors'));
      await writeFile(join(at, 'model.safetensors'), bytes.subarray(0, -5));
    },
    'model_load',
    /model\.safetensors: .*download all files of the model again/,
  ],
  [
    'no tokenizer',
    'esm2_tiny_hf',
    (at) => rm(join(at, 'vocab.txt')),
    'model_file_missing',
    /vocab\.txt: is missing/,
  ],
  [
    'a tokenizer that is nested more deeply than the stack is',
    'dnaberts_tiny',
    async (at) => {
      const text = await readFile(join(at, 'tokenizer.json'), 'utf8');
      await writeFile(
        join(at, 'tokenizer.json'),
        text.replace('{', `{"x":${'['.repeat(1e5)}${']'.repeat(1e5)},`),
      );
    },
    'model_bad_json',
    /tokenizer\.json: is nested more deeply than 200 levels/,
  ],
  [
    'a tokenizer that the library fails with only when it is used',
    'dnaberts_tiny',
    async (at) => {
      const tokenizer = JSON.parse(await readFile(join(at, 'tokenizer.json'), 'utf8'));
      tokenizer.post_processor.single[0] = 'F';
      await writeFile(join(at, 'tokenizer.json'), JSON.stringify(tokenizer));
    },
    'model_bad_json',
    /tokenizer\.json: describes no known tokenizer/,
  ],
  [
    'a token that takes pages, twice',
    'esm2_tiny_hf',
    (at) => writeFile(join(at, 'vocab.txt'), `${'A'.repeat(70_000)}\n`.repeat(2)),
    'model_bad_json',
    /^.{0,2400}$/,
  ],
  [
    'no pieces',
    'prott5_tiny',
    (at) => rm(join(at, 'spiece.model')),
    'model_file_missing',
    /spiece\.model: is missing/,
  ],
  [
    'a configuration that is not JSON',
    'esm2_tiny_hf',
    (at) => writeFile(join(at, 'config.json'), '{'),
    'model_bad_json',
    /config\.json: is not a JSON object/,
  ],
  [
    'a vocabulary of tokens that no residues spell',
    'ntv2_tiny',
    async (at) => {
      const names = await readFile(join(at, 'vocab.txt'), 'utf8');
      await writeFile(join(at, 'vocab.txt'), names.replace('AAAAAA', 'AAA AA'));
    },
    'model_unsupported',
    /vocab\.txt: has the token "AAA AA", which no residues spell/,
  ],
])('a folder with %s is refused', async (_, name, change, code, says) => {
  await expect(resolveModel(await changed(name, change))).rejects.toMatchObject({
    name: 'ModelError',
    code,
    message: expect.stringMatching(says),
  });
});

test.each<[string, (at: string) => Promise<unknown>, string, RegExp]>([
  [
    'a .pt of something else',
    (at) => cp(join(fixture('dnaberts_tiny'), 'pytorch_model.bin'), join(at, 'some.pt')),
    'model_unsupported',
    /some\.pt: holds weights alone, without the configuration.*model\.save_pretrained\(DIR\)/,
  ],
  [
    'a .pt that is not one',
    (at) => writeFile(join(at, 'some.pt'), 'no'),
    'model_load',
    /some\.pt: .*download it again/,
  ],
  [
    'the contact regression of fair-esm',
    (at) => cp(join(fixture('esm2_t2_tinyf32_UR50D'), `esm2_t2_tinyf32_UR50D${BESIDE}`), join(at, 'some.pt')),
    'model_unsupported',
    /some\.pt: holds only the contact regression .*; give the file of the weights, which fair-esm/,
  ],
  [
    'safetensors alone',
    (at) => cp(join(fixture('esm2_tiny_hf'), 'model.safetensors'), join(at, 'some.safetensors')),
    'model_unsupported',
    /some\.safetensors: holds weights without the config\.json/,
  ],
])('%s is refused', async (_, make, code, says) => {
  const folder = await mkdtemp(join(tmpdir(), 'published-'));
  await make(folder);
  const path = join(folder, says.source.startsWith('some\\.pt') ? 'some.pt' : 'some.safetensors');
  await expect(resolveModel(path)).rejects.toMatchObject({
    name: 'ModelError',
    code,
    message: expect.stringMatching(says),
  });
});

test('a contact regression beside its weights names them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'published-'));
  const name = 'esm2_t2_tinyf32_UR50D';
  await cp(fixture(name), folder, { recursive: true });
  await expect(resolveModel(join(folder, `${name}${BESIDE}`))).rejects.toThrow(
    `give the weights beside it: ${join(folder, `${name}.pt`)}`,
  );
});

test('damaged weights in the cache of Hugging Face name the command that replaces them', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'hub-')), 'models--lab--esm', 'snapshots', 'c0ffee');
  await cp(fixture('esm2_tiny_hf'), folder, { recursive: true });
  const weights = join(folder, 'model.safetensors');
  await writeFile(weights, (await readFile(weights)).subarray(0, -5));
  await expect(resolveModel(folder)).rejects.toThrow(/; run `holdfast models get lab\/esm@c0ffee`, which/);
});

test('a file of weights in its folder stands for the folder', async () => {
  const whole = await resolveModel(fixture('esm2_tiny_hf'));
  const file = await resolveModel(join(fixture('esm2_tiny_hf'), 'model.safetensors'));
  expect(file.fingerprint).toBe(whole.fingerprint);
});
