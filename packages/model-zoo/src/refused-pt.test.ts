import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePt, type PtValue, storage, tensor } from '@holdfast/pt-serializer';
import { expect, test } from 'vitest';
import { changedFolder } from '../test/changed-folder.js';
import { fixture } from '../test/run-graph.js';
import { openModel } from './open-model.js';

const wholeModule = fileURLToPath(
  new URL('../../pt-serializer/test/fixtures/whole_module.pt', import.meta.url),
);

const written = async (name: string, value: PtValue): Promise<string> => {
  const path = join(mkdtempSync(join(tmpdir(), 'refused-')), name);
  writeFileSync(path, await encodePt(value));
  return path;
};
const doubles = (rows: number, columns: number) =>
  tensor('float64', [rows, columns], new Float64Array(rows * columns));
const turned = (rows: number, columns: number) =>
  tensor('float32', [rows, columns], storage(4 * rows * columns, new Uint8Array(4 * rows * columns)), {
    stride: [1, rows],
  });
const cfg = {
  model: { encoder_layers: 1, encoder_embed_dim: 8, encoder_attention_heads: 2, token_dropout: true },
};

test.each<[what: string, weight: ReturnType<typeof tensor>, says: RegExp]>([
  ['float64', doubles(32, 8), /fc1\.weight' is float64; float32, .* are read/],
  ['stored by columns', turned(32, 8), /fc1\.weight' is a view that is not stored row by row/],
])('weights of fair-esm that are %s are not called missing', async (_, weight, says) => {
  for (const prefix of ['encoder.sentence_encoder.', '']) {
    const path = await written('esm2.pt', { cfg, model: { [`${prefix}layers.0.fc1.weight`]: weight } });
    await expect(openModel(path)).rejects.toMatchObject({
      code: 'weights_unusable',
      message: expect.stringMatching(says),
    });
  }
  const lacking = await written('esm2.pt', { cfg, model: { x: weight } });
  await expect(openModel(lacking)).rejects.toMatchObject({ code: 'weights_missing' });
});

test('an ESM C of other sizes: what its file lacks, and what has it', async () => {
  const path = fixture('esmc_tiny/data/weights/esmc_tiny_2024_12_v0.pth');
  await expect(openModel(path)).rejects.toMatchObject({
    code: 'model_unsupported',
    message: expect.stringMatching(/: is ESM C with embeddings of \d+ numbers, but every head .* takes 64/),
    remedy: expect.stringMatching(/config\.json names num_attention_heads/),
  });
});

test('an ESM C in float64 is one, and so is a table of positions', async () => {
  const path = await written('esmc.pth', {
    'embed.weight': doubles(64, 64),
    'transformer.norm.weight': doubles(1, 64),
  });
  await expect(openModel(path)).rejects.toThrow(/'embed\.weight' is float64/);
  const folder = await changedFolder('protbert_t2_tiny', (tensors) => {
    const name = [...tensors.keys()].find((each) => each.endsWith('position_embeddings.weight'))!;
    tensors.set(name, { dtype: 'F64', shape: [512, 48], bytes: new Uint8Array(512 * 48 * 8) });
  });
  await expect(openModel(folder)).rejects.toThrow(/position_embeddings\.weight' is F64/);
});

test('a whole module is named, with the line that makes a folder of it', async () => {
  const folder = await changedFolder('protbert_t2_tiny', () => undefined);
  const inFolder = join(folder, 'pytorch_model.bin');
  copyFileSync(wholeModule, inFolder);
  for (const path of [wholeModule, inFolder])
    await expect(openModel(path)).rejects.toMatchObject({
      code: 'model_unsupported',
      what: expect.stringMatching(/whole Python object \(torch\.nn\.modules\.container\.Sequential\)/),
      remedy: expect.stringMatching(/model\.save_pretrained\(DIR\).* give DIR/),
    });
});

test.each<[names: string, name: string, remedy: RegExp]>([
  ['Hugging Face', 'esm.encoder.layer.0.output.dense.weight', /model\.save_pretrained\(DIR\)/],
  ['fair-esm', 'layers.0.fc1.weight', /give the \.pt that fair-esm downloads/],
])('a bare state dict of %s is named, with what to give', async (_, name, remedy) => {
  const weight = tensor('float32', [2, 4], new Float32Array(8));
  await expect(openModel(await written('state.pt', { [name]: weight }))).rejects.toMatchObject({
    code: 'model_unsupported',
    what: expect.stringMatching(/weights alone, without the configuration/),
    remedy: expect.stringMatching(remedy),
  });
});
