import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { resolveModel } from '../resolve-model.js';

const MODEL = fileURLToPath(new URL('../../../model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url));
const SNAPSHOT = 'models--a--b/snapshots/c1';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'none-'));
});

const said = (path: string) =>
  resolveModel(path).then(
    () => '',
    (error: Error) => error.message,
  );

test.each([
  ['model', /model\.safetensors: is missing, .*pytorch_model\.bin.*; copy the whole model folder$/],
  [SNAPSHOT, /model\.safetensors: is missing, .*; run `holdfast models get a\/b@c1`/],
])('weights that are missing beside the configuration of a known family are named: %s', async (at, says) => {
  const model = join(folder, at);
  await cp(MODEL, model, { recursive: true });
  for (const name of ['model.safetensors', 'pytorch_model.bin']) await rm(join(model, name));
  expect(await said(model)).toMatch(says);
  await writeFile(join(model, 'config.json'), '{"model_type": "gpt2"}');
  expect(await said(model)).toMatch(/model\.onnx: is missing/);
});

test('a link that leads nowhere is told from a name that is not there', async () => {
  const link = join(folder, 'link');
  await symlink('gone/model.safetensors', link);
  expect(await said(link)).toBe(
    `${link}: is a link to ${join(folder, 'gone/model.safetensors')}, which is not there; mend the link, or give the model itself`,
  );
  expect(await said(join(folder, 'none'))).toMatch(/neither a model folder nor a built-in model/);
});

test.each(['model.safetensors', 'pytorch_model.bin', 'esm2.pt'])(
  '%s without a byte is empty',
  async (name) => {
    await mkdir(join(folder, 'model'));
    const path = join(folder, 'model', name);
    await writeFile(path, '');
    expect(await said(path)).toBe(`${path}: is empty; download or copy it again`);
  },
);
