import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { copyOf } from '../../test/support.js';
import { resolveModel } from '../resolve-model.js';
import type { ExportTokens } from '../tokens/export-tokens.js';
import type { TokenizerFiles } from '../tokens/tokenizer-files.js';
import { checkPositionPadding } from './position-padding.js';
import { tokenTable } from './recipe.js';

const zoo = (name: string) =>
  fileURLToPath(new URL(`../../../model-zoo/test/fixtures/${name}`, import.meta.url));

/** A copy of a model with changes in its configuration, and in the order of its vocabulary. */
async function changed(name: string, config: object, swapped: [number, number] = [0, 0]): Promise<string> {
  const folder = await copyOf(zoo(name));
  const at = (file: string) => join(folder, file);
  const given = JSON.parse(await readFile(at('config.json'), 'utf8'));
  await writeFile(at('config.json'), JSON.stringify({ ...given, ...config }));
  const tokens = (await readFile(at('vocab.txt'), 'utf8')).split('\n');
  const [a, b] = swapped;
  [tokens[a], tokens[b]] = [tokens[b]!, tokens[a]!];
  await writeFile(at('vocab.txt'), tokens.join('\n'));
  return folder;
}

test.each([
  ['roberta_head_tiny', 1, 0],
  ['roberta_head_tiny', undefined, 0],
  ['esm1b_t2_tiny', 3, 1],
])('%s with the pad_token_id %s but padding of the ID %i is refused with both', async (name, id, padding) => {
  const folder = await changed(name, { pad_token_id: id });
  await expect(resolveModel(folder)).rejects.toMatchObject({
    code: 'model_mismatch',
    path: join(folder, 'config.json'),
    message: expect.stringContaining(
      `counts positions from its pad_token_id ${id ?? 1}, but its tokenizer's padding has the ID ${padding};`,
    ),
  });
});

test('padding that has moved to the pad_token_id is taken, and so is a BERT, which counts from 0', async () => {
  const moved = await changed('roberta_head_tiny', { pad_token_id: 1 }, [0, 1]);
  expect((await resolveModel(moved)).recipe.padding).toBe(1);
  const bert = await changed('bert_head_tiny', { pad_token_id: 1 });
  expect((await resolveModel(bert)).recipe.padding).toBe(0);
});

const ids = new Map([...'ACGT'].map((letter, i) => [letter, i + 4]));
const plain = { table: tokenTable(ids, 3), padding: 1, prefix: [0], suffix: [2] };
const words = (model: object) =>
  ({ definition: { model, added_tokens: [] }, config: {} }) as unknown as TokenizerFiles;

test.each<[what: string, rules: ExportTokens['rules'], token: string]>([
  ['a letter', { ...plain, table: tokenTable(new Map([['A', 1]]), 3) }, 'a token'],
  ['unknown letters', { ...plain, table: tokenTable(ids, 1) }, 'a token'],
  ['fused letters', { ...plain, fused: 1 }, 'a token'],
  ['a piece', { ...plain, pieces: [['ACG', 1]] }, 'a token'],
  ['the token before', { ...plain, prefix: [1] }, 'a token'],
  ['the token after', { ...plain, suffix: [1] }, 'a token'],
  ['a padding that is a letter', { ...plain, padding: 4 }, 'the token A'],
  [
    'unknown letters of a tokenizer',
    { ...plain, table: [], tokenizer: words({ unk_token: '<pad>' }) },
    'the token <pad>',
  ],
  ['unknown letters of a Unigram', { ...plain, table: [], tokenizer: words({ unk_id: 1 }) }, 'a token'],
])('the ID of padding for %s is refused', (what, rules, token) => {
  const named = what.startsWith('unknown letters of a tok') ? new Map([...ids, ['<pad>', 1]]) : ids;
  const check = () => checkPositionPadding('config.json', { ids: named, rules }, rules.padding);
  expect(check).toThrow(`but ${token} of sequences has the ID ${rules.padding} too`);
  checkPositionPadding('config.json', { ids, rules: plain }, plain.padding);
});
