import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { copyOf, fixture } from '../../test/support.js';
import { resolveModel } from '../resolve-model.js';

const zoo = (name: string) =>
  fileURLToPath(new URL(`../../../model-zoo/test/fixtures/${name}`, import.meta.url));

test.each([
  [zoo('protbert_t2_tiny'), 'vocab.txt'],
  [zoo('esm2_tiny_hf'), 'vocab.txt'],
  [fixture('dna_encoder'), 'tokenizer.json'],
])('%s without its %s is refused with what is missing and where it is to be had', async (model, name) => {
  const folder = await copyOf(model);
  await rm(join(folder, name));
  await expect(resolveModel(folder)).rejects.toMatchObject({
    code: 'model_file_missing',
    message: `${join(folder, name)}: is missing, so the model's tokens are not known; copy the tokenizer (vocab.txt or tokenizer.json) from where the model comes from; in Python, tokenizer.save_pretrained(DIR) writes it`,
  });
});
