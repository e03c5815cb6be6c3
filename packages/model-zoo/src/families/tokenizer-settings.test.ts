import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from '../../test/run-graph.js';
import { openModel } from '../open-model.js';

type Json = Record<string, unknown>;

/** A copy of a fixture with other settings of its tokenizer; undefined removes a key. */
function changed(name: string, settings: Json, more: Record<string, string> = {}): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'settings-')), name);
  cpSync(fixture(name), folder, { recursive: true });
  // It would overrule the settings.
  rmSync(join(folder, 'special_tokens_map.json'), { force: true });
  const path = join(folder, 'tokenizer_config.json');
  const config: Json = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  writeFileSync(path, JSON.stringify({ ...config, ...settings }));
  for (const [file, text] of Object.entries(more)) writeFileSync(join(folder, file), text);
  return folder;
}

const tokensOf = async (folder: string) => (await openModel(folder)).tokens!;
const BERT = 'protbert_t2_tiny';
const decoder = (id: number, content: string) => ({ added_tokens_decoder: { [id]: { content } } });

// IDs as transformers 5.18 gives them.
test.each<[of: string, settings: Json, tokens: object]>([
  ['the usual', {}, { prefix: [2], suffix: [3], other: 1, padding: 0, longest: Number.POSITIVE_INFINITY }],
  ['another first token', { cls_token: '[SEP]' }, { prefix: [3], suffix: [3] }],
  ['another last token, with settings', { sep_token: { content: '[CLS]' } }, { suffix: [2] }],
  ['another unknown token', { unk_token: '[MASK]' }, { other: 4 }],
  ['another padding', { pad_token: '[UNK]' }, { padding: 1 }],
  ['a limit', { model_max_length: 12 }, { longest: 12 }],
  ['a limit by its old name', { max_len: 12 }, { longest: 12 }],
  ['a mask that is a residue', { mask_token: 'M' }, { prefix: [2], suffix: [3] }],
  ['a listed token', decoder(4, '[MASK]'), { prefix: [2], suffix: [3] }],
  ['a key without effect', { clean_up_tokenization_spaces: true, foo: 1 }, { prefix: [2], suffix: [3] }],
])('a BERT follows %s in tokenizer_config.json', async (_, settings, tokens) => {
  expect(await tokensOf(changed(BERT, settings))).toMatchObject(tokens);
});

test('special_tokens_map.json counts, unless all added tokens are listed', async () => {
  const map = { 'special_tokens_map.json': '{"cls_token":"[SEP]"}' };
  expect((await tokensOf(changed(BERT, { cls_token: '[CLS]' }, map))).prefix).toEqual([3]);
  expect((await tokensOf(changed(BERT, { added_tokens_decoder: {} }, map))).prefix).toEqual([2]);
});

test('letters are read in the case that the tokenizer makes of them', async () => {
  const small = readFileSync(join(fixture(BERT), 'vocab.txt'), 'utf8').replace(/^[A-Z]$/gm, (letter) =>
    letter.toLowerCase(),
  );
  const capitals = await tokensOf(fixture(BERT));
  for (const do_lower_case of [true, undefined])
    expect((await tokensOf(changed(BERT, { do_lower_case }, { 'vocab.txt': small }))).ids).toEqual(
      capitals.ids,
    );
  // Authors of capitals set it in their code.
  expect((await tokensOf(changed(BERT, { do_lower_case: undefined }))).ids).toEqual(capitals.ids);
  const both = `${readFileSync(join(fixture(BERT), 'vocab.txt'), 'utf8').trimEnd()}\nm\n`;
  const mixed = await tokensOf(changed(BERT, { do_lower_case: true }, { 'vocab.txt': both }));
  expect([...mixed.ids]).toEqual([['M', 30]]);
});

test.each<[name: string, settings: Json, says: RegExp]>([
  [BERT, { do_lower_case: true }, /do_lower_case is true, but the letters of vocab\.txt are capitals/],
  [BERT, { do_lower_case: 'no' }, /do_lower_case is "no"/],
  [BERT, { truncation_side: 'left' }, /truncation_side left/],
  [BERT, { split_special_tokens: true }, /split_special_tokens is true/],
  [BERT, { cls_token: null }, /cls_token is null/],
  [BERT, { cls_token: '<s>' }, /cls_token is "<s>", which is not in the vocabulary/],
  [BERT, { tokenizer_class: 'T5Tokenizer' }, /tokenizer_class is "T5Tokenizer"; known is BertTokenizer/],
  [BERT, { auto_map: { AutoTokenizer: ['a.B', null] } }, /auto_map names code/],
  [BERT, { model_max_length: -1 }, /model_max_length is -1/],
  [BERT, { additional_special_tokens: ['MK'] }, /adds the token "MK", which residues spell/],
  [BERT, decoder(5, 'MK'), /adds the token "MK" with the ID 5/],
  [BERT, decoder(7, 'K'), /has "K" with the ID 7, which is 12 in the vocabulary/],
  ['prott5_tiny', { truncation_side: 'left' }, /truncation_side left/],
  ['prott5_tiny', { unk_token: '<pad>' }, /unk_token is "<pad>"; known is <unk>/],
  ['prott5_tiny', { tokenizer_class: 'ByT5Tokenizer' }, /tokenizer_class is "ByT5Tokenizer"/],
  ['esmc_t2_tiny', { eos_token: '<pad>' }, /eos_token is "<pad>"; known is <eos>/],
  ['esmc_t2_tiny', { truncation_side: 'left' }, /truncation_side left/],
])('%s with %j is refused by name', async (name, settings, says) => {
  await expect(openModel(changed(name, settings))).rejects.toMatchObject({
    code: 'model_unsupported',
    path: expect.stringMatching(/tokenizer_config\.json$/),
    what: expect.stringMatching(says),
    remedy: expect.any(String),
  });
});

test('every key that is wrong is named, and a file that is no JSON', async () => {
  const folder = changed(BERT, { truncation_side: 'left', cls_token: '<s>' });
  await expect(openModel(folder)).rejects.toThrow(/truncation_side left.*cls_token is "<s>"/);
  writeFileSync(join(folder, 'tokenizer_config.json'), '[]');
  await expect(openModel(folder)).rejects.toThrow(/tokenizer_config\.json: is not a JSON object/);
  rmSync(join(folder, 'tokenizer_config.json'));
  expect((await tokensOf(folder)).prefix).toEqual([2]);
});

test('ProtT5 and ESM C follow the limit', async () => {
  for (const name of ['prott5_tiny', 'esmc_t2_tiny'])
    expect((await tokensOf(changed(name, { model_max_length: 9 }))).longest).toBe(9);
});

test('ProtT5 reads each unknown letter of a run as one, as transformers 5.18 does', async () => {
  const { fused, other, ids } = await tokensOf(fixture('prott5_tiny'));
  expect([fused, other, ids.has('J'), ids.has('*')]).toEqual([false, 2, false, false]);
});
