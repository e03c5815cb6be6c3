import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInModels } from '../src/built-in.js';
import { resolveModel } from '../src/resolve-model.js';
import { inPackage, made } from './support.js';

test('the list agrees with the models themselves', async () => {
  expect(builtInModels().map(({ name }) => name)).toEqual(['tnf', 'aac']);
  for (const { description, ...listed } of builtInModels()) {
    expect(await resolveModel(listed.name)).toMatchObject(listed);
    expect(description).toMatch(/^[^\n]+$/);
  }
});

test.each([...builtInModels(), { name: 'probe' }])(
  'the graph and descriptor of $name equal its script’s output, byte for byte',
  async ({ name }) => {
    const fresh = await made(`models/${name}/make-model.mjs`);
    for (const file of ['model.onnx', 'holdfast.json']) {
      const kept = await readFile(join(inPackage(`models/${name}`), file));
      expect(kept.equals(await readFile(join(fresh, file)))).toBe(true);
    }
  },
);
