import { expect, test } from 'vitest';
import { builtInModels, DEFAULT_MODEL, resolveModel } from './index.js';

test('each built-in model is what resolving its name gives, says what it is, and one is the default', async () => {
  const models = await builtInModels();
  for (const { name, alphabet, dim, about } of models) {
    expect(await resolveModel(name)).toMatchObject({ name, alphabet, dim });
    expect(about).toMatch(/^.{20,}$/);
  }
  expect(models.filter((model) => model.default).map(({ name }) => name)).toEqual([DEFAULT_MODEL]);
});
