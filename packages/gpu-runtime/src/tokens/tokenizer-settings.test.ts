import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { resolveModel } from '../resolve-model.js';

type Json = Record<string, unknown>;

const fixtures = {
  esm: '../../../model-zoo/test/fixtures/esm2_tiny_hf',
  bert: '../../../model-zoo/test/fixtures/protbert_t2_tiny',
  subwords: '../../test/fixtures/dna_encoder',
} as const;

/** A copy with other settings of its tokenizer, and without the older file that would overrule them. */
async function changed(of: keyof typeof fixtures, settings: Json): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'settings-')), of);
  await cp(fileURLToPath(new URL(fixtures[of], import.meta.url)), folder, { recursive: true });
  await rm(join(folder, 'special_tokens_map.json'), { force: true });
  const path = join(folder, 'tokenizer_config.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...settings }));
  return folder;
}

test.each<[of: keyof typeof fixtures, settings: Json, says: RegExp]>([
  ['esm', { split_special_tokens: true }, /split_special_tokens is true/],
  ['esm', { tokenizer_class: 'BertTokenizer' }, /tokenizer_class is "BertTokenizer"/],
  ['esm', { cls_token: null }, /cls_token is null/],
  ['esm', { added_tokens_decoder: { 5: { content: 'MK' } } }, /adds the token "MK" with the ID 5/],
  ['esm', { added_tokens_decoder: { 7: { content: 'K' } } }, /"K" with the ID 7, which is 15/],
  ['subwords', { split_special_tokens: true }, /split_special_tokens is true/],
  ['subwords', { added_tokens_decoder: { 7: { content: 'NN' } } }, /adds the token "NN" with the ID 7/],
  ['subwords', { extra_special_tokens: ['ACG'] }, /extra_special_tokens adds the token "ACG"/],
  ['subwords', { mask_token: 'A' }, /mask_token adds the token "A"/],
])('%s with %j in tokenizer_config.json is refused by name', async (of, settings, says) => {
  await expect(resolveModel(await changed(of, settings))).rejects.toMatchObject({
    code: 'model_unsupported',
    message: expect.stringMatching(says),
  });
});

// IDs as transformers 5.18 gives them.
test.each<[settings: Json, recipe: object]>([
  [{}, { prefix: [0], suffix: [2], fused: 3 }],
  [
    { cls_token: '<mask>', eos_token: { content: '<pad>' } },
    { prefix: [32], suffix: [1] },
  ],
  [{ eos_token: null }, { prefix: [0], suffix: [] }],
  [{ unk_token: '<mask>' }, { fused: 32 }],
])('ESM follows %j', async (settings, recipe) => {
  expect((await resolveModel(await changed('esm', settings))).recipe).toMatchObject(recipe);
});

test('a BERT of residues reads as many tokens as its tokenizer', async () => {
  expect((await resolveModel(await changed('bert', {}))).maxResidues).toBe(510);
  expect((await resolveModel(await changed('bert', { model_max_length: 12 }))).maxResidues).toBe(10);
});
