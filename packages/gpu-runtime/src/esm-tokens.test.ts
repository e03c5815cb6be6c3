import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ESM2 } from '../test/esm2-vocabulary.js';
import { fedInputs } from '../test/fed-inputs.js';
import { copyOf, fixture, globins } from '../test/support.js';
import { type ModelSource, resolveModel } from './index.js';

let source: ModelSource;
beforeAll(async () => {
  source = await resolveModel(fixture('tiny_esm2'));
});

const UNKNOWN = 3;
/** The published rule, a residue at a time. */
const published = (sequence: string) => [
  0,
  ...[...sequence].map((residue) => (ESM2.includes(residue) ? ESM2.indexOf(residue) : UNKNOWN)),
  2,
];

/** A `tokenizer.json` that spells ESM-2 as the library's fast tokenizers do. */
const tokenizer = {
  version: '1.0',
  added_tokens: ESM2.flatMap((content, id) => (content.length > 1 ? [{ id, content, special: true }] : [])),
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    vocab: Object.fromEntries(ESM2.map((token, id) => [token, id])),
    merges: [],
  },
};

test('the vocabulary is the published one, all 33 tokens of it', () => {
  expect(ESM2).toHaveLength(33);
  const single = ESM2.flatMap((token, id) => (token.length === 1 ? [[token, id]] : []));
  expect(single).toHaveLength(27);
  for (let code = 0; code < 256; code++) {
    const known = single.find(([token]) => token === String.fromCharCode(code));
    expect(source.recipe.table[code]).toBe(known?.[1] ?? UNKNOWN);
  }
});

test('rare and ambiguous residues, gaps, and what the vocabulary lacks', async () => {
  const [fed] = await fedInputs(source, ['XBUZO.-*J']);
  expect(fed!['input_ids']!.data).toEqual([0, 24, 25, 26, 27, 28, 29, 30, UNKNOWN, UNKNOWN, 2]);
  expect(fed!['attention_mask']!.data).toEqual(new Array(11).fill(1));
});

test('real proteins, with X B U Z O . - * put in, padded to the longest', async () => {
  const proteins = (await globins()).map((sequence, i) => {
    const at = (i * 7) % sequence.length;
    return `${sequence.slice(0, at)}${'XBUZO.-*'.slice(i % 8)}${sequence.slice(at)}`;
  });
  const [fed] = await fedInputs(source, proteins);
  const width = Math.max(...proteins.map(({ length }) => length)) + 2;
  const pad = (ids: number[], padding: number) => [...ids, ...new Array(width - ids.length).fill(padding)];
  expect(fed!['input_ids']).toEqual({
    data: proteins.flatMap((sequence) => pad(published(sequence), 1)),
    dims: [proteins.length, width],
  });
  const ones = (sequence: string) => published(sequence).map(() => 1);
  expect(fed!['attention_mask']!.data).toEqual(proteins.flatMap((sequence) => pad(ones(sequence), 0)));
});

test('without vocab.txt the vocabulary is that of tokenizer.json, and the model is the same', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await rm(join(folder, 'vocab.txt'));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  expect((await resolveModel(folder)).fingerprint).toBe(source.fingerprint);
});

test('tokens of one residue by tokenizer.json of another model type are looked up, not merged', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await rm(join(folder, 'vocab.txt'));
  const part = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const special = Object.fromEntries(
    ['<cls>', '<eos>'].map((id) => [id, { id, ids: [ESM2.indexOf(id)], tokens: [id] }]),
  );
  const single = [part('<cls>'), { Sequence: { id: 'A', type_id: 0 } }, part('<eos>')];
  const post_processor = { type: 'TemplateProcessing', single, pair: single, special_tokens: special };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ ...tokenizer, post_processor }));
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, model_type: 'bert' }));
  const other = await resolveModel(folder);
  expect(other.recipe.tokenizer).toBeUndefined();
  expect(other.recipe).toEqual(source.recipe);
  // BERT counts positions from 0, ESM from its padding token upwards.
  expect(other).toMatchObject({ alphabet: 'protein', maxResidues: 1024 });

  // A table cannot make one token of several unknown residues.
  const fusing = { ...tokenizer, post_processor, model: { ...tokenizer.model, fuse_unk: true } };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(fusing));
  expect((await resolveModel(folder)).recipe.tokenizer).toBeDefined();
});

test('a vocabulary of k-mers is refused', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await writeFile(join(folder, 'vocab.txt'), [...ESM2.slice(0, 32), 'ACGTAC'].join('\n'));
  await expect(resolveModel(folder)).rejects.toMatchObject({
    code: 'model_unsupported',
    message: expect.stringContaining('ACGTAC'),
  });
});
