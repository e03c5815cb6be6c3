import { expect, test } from 'vitest';
import { changedFolder, type Tensors } from '../../test/changed-folder.js';
import { openModel } from '../open-model.js';

const unchanged = () => undefined;
const add = (name: string) => (tensors: Tensors) => {
  tensors.set(name, { dtype: 'F32', shape: [8], bytes: new Uint8Array(32) });
};
const renamed = (from: RegExp, to: string) => (tensors: Tensors) => {
  for (const [name, tensor] of [...tensors]) {
    tensors.delete(name);
    tensors.set(name.replace(from, to), tensor);
  }
};

test.each<[name: string, config: Record<string, unknown>, says: RegExp]>([
  ['protbert_t2_tiny', { vocab_size: 40 }, /vocab_size is 40, but the weights have 30 embeddings of tokens/],
  ['protbert_t2_tiny', { max_position_embeddings: 600 }, /is 600, but .* 512 embeddings of positions/],
  ['protbert_t2_tiny', { max_position_embeddings: 100 }, /is 100, but .* 512 embeddings of positions/],
  ['protbert_t2_tiny', { type_vocab_size: 1 }, /is 1, but the weights have 2 embeddings of token types/],
  ['roberta_head_tiny', { max_position_embeddings: 512 }, /is 512, but .* embeddings of positions/],
  ['esm1b_t2_tiny', { max_position_embeddings: 514 }, /is 514, but .* 1026 embeddings of positions/],
  ['esm2_tiny_hf', { vocab_size: 64 }, /is 64, but the weights have 33 embeddings of tokens/],
  ['ntv2_tiny', { vocab_size: 4105 }, /is 4105, but the weights have 4107 embeddings/],
  ['dnaberts_tiny', { vocab_size: 168 }, /is 168, but the weights have 160 embeddings/],
  ['dnaberts_tiny', { type_vocab_size: 3 }, /is 3, but the weights have 2 embeddings of token types/],
  ['prott5_tiny', { vocab_size: 120 }, /is 120, but the weights have 128 embeddings/],
  ['esmc_t2_tiny', { vocab_size: 33 }, /is 33, but the weights have 64 embeddings/],
])('%s with %j, which is not the size of its table, is refused with both', async (name, config, says) => {
  await expect(openModel(await changedFolder(name, unchanged, config))).rejects.toMatchObject({
    code: 'weights_mismatch',
    message: expect.stringMatching(says),
  });
});

test('a configuration that does not give the size takes that of the weights', async () => {
  const sizes = { vocab_size: undefined, max_position_embeddings: undefined, type_vocab_size: null };
  const { maxTokens } = await openModel(await changedFolder('protbert_t2_tiny', unchanged, sizes));
  expect(maxTokens).toBe(512);
});

test.each<[name: string, of: string, change: (tensors: Tensors) => void, config: object, says: RegExp]>([
  [
    'bert_head_tiny',
    'a roberta',
    unchanged,
    { model_type: 'roberta' },
    /is roberta, .* of a bert, such as '/,
  ],
  ['roberta_head_tiny', 'a bert', unchanged, { model_type: 'bert' }, /is bert, .* of a roberta, such as '/],
  ['protbert_t2_tiny', 'a roberta’s prefix', renamed(/^/, 'roberta.'), {}, /'roberta\.emb/],
  ['protbert_t2_tiny', 'a roberta’s head', add('lm_head.layer_norm.weight'), {}, /such as 'lm_head/],
])('the weights of %s as %s are refused', async (name, _, change, config, says) => {
  await expect(openModel(await changedFolder(name, change, { ...config }))).rejects.toMatchObject({
    code: 'weights_mismatch',
    message: expect.stringMatching(says),
  });
});

test('frequencies of rotary positions beside absolute ones are refused', async () => {
  const folder = await changedFolder(
    'esm1b_t2_tiny',
    add('encoder.layer.0.attention.self.rotary_embeddings.inv_freq'),
  );
  await expect(openModel(folder)).rejects.toThrow(/a plain ESM does not have: .*inv_freq/);
});
