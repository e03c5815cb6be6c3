import { cpSync, mkdtempSync, utimesSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveModel } from '@holdfast/gpu-runtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadWatched } from './watched-model.js';

const WEIGHTS = fileURLToPath(
  new URL('../../../../packages/model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url),
);
const SEQUENCES = [Buffer.from('MKTAYIAK')];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watched-'));
  vi.stubEnv('HOLDFAST_CACHE', join(folder, 'cache'));
});
afterEach(() => vi.unstubAllEnvs());

/** A watched model, and the paths that it said were changed. */
async function watched(model: string, precision: 'fp32' | 'int8') {
  const source = await resolveModel(model, { precision });
  const told: (string | undefined)[] = [];
  const loaded = await loadWatched(
    source,
    {},
    {
      again: () => resolveModel(model, { precision }),
      changed: (path) => {
        told.push(path);
        throw new Error('changed');
      },
    },
  );
  await loaded.embed(SEQUENCES);
  return { source, told, loaded };
}

test('a file that was made from the weights is not the model: the next worker makes it again', async () => {
  const { source, told, loaded } = await watched(WEIGHTS, 'int8');
  const [made] = source.built!.files!;
  utimesSync(made!, 1, 1);
  await expect(loaded.embed(SEQUENCES)).rejects.toThrow(`${made}: was changed while it was in use`);
  expect(told).toEqual([]);
  await loaded.release();
});

test('weights that were touched, and are the same, go on; those that are no model any more are changed', async () => {
  const model = join(folder, 'model');
  cpSync(WEIGHTS, model, { recursive: true });
  const weights = join(model, 'model.safetensors');
  const { told, loaded } = await watched(model, 'fp32');
  utimesSync(weights, 1, 1);
  await loaded.embed(SEQUENCES);
  const file = await open(weights, 'r+');
  await file.write(Buffer.from('no head'), 0, 7, 0);
  await file.close();
  utimesSync(weights, 2, 2);
  await expect(loaded.embed(SEQUENCES)).rejects.toThrow('changed');
  expect(told).toEqual([weights]);
  await loaded.release();
});
