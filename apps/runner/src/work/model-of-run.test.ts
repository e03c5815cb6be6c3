import {
  cpSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveModel } from '@holdfast/gpu-runtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelChangedError } from './model-changed-error.js';
import { modelOfRun } from './model-of-run.js';

const WEIGHTS = fileURLToPath(
  new URL('../../../../packages/model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url),
);

let model: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'model-of-run-'));
  model = join(folder, 'model');
  cpSync(WEIGHTS, model, { recursive: true });
  // Files that were changed just now give no proof.
  for (const name of readdirSync(model)) utimesSync(join(model, name), 1, 1);
  vi.stubEnv('HOLDFAST_CACHE', join(folder, 'cache'));
});
afterEach(() => vi.unstubAllEnvs());

const planned = async () => {
  const { fingerprint, proof } = await resolveModel(model);
  return { model, overrides: {}, fingerprint, ...(proof && { proof }) };
};

test('the model of the run is found', async () => {
  const options = await planned();
  expect(await modelOfRun(options)).toMatchObject({ fingerprint: options.fingerprint });
});

test.each<[what: string, change: () => void, says: RegExp]>([
  ['is gone', () => renameSync(model, `${model}-moved`), /model: is gone, so the model has changed/],
  [
    'has no weights',
    () => rmSync(join(model, 'model.safetensors')),
    /model.*: (is gone, so )?the model has changed/,
  ],
  ['is cut short', () => truncateSync(join(model, 'model.safetensors'), 1000), /safetensors: the model has/],
  ['has another vocabulary', () => writeFileSync(join(model, 'vocab.txt'), 'A\n'), /model.*: the model has/],
  [
    'has other settings',
    () => writeFileSync(join(model, 'holdfast.json'), '{"format":1,"output":{"pooling":"max"}}'),
    /model: the model has/,
  ],
])(
  'a model that %s is not that of the run, and the file is named where it is known',
  async (_, change, says) => {
    const options = await planned();
    change();
    const error = await modelOfRun(options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ModelChangedError);
    expect((error as Error).message).toMatch(says);
  },
);
