import { expect, test } from 'vitest';
import { folderWith } from '../../test/support.js';
import { readTokenizerTokens } from './export-tokens.js';
import { letterRules } from './letter-rules.js';
import { readTokenizerFiles, tokenizerOf } from './tokenizer-files.js';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const numbered = (tokens: string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const LETTERS = [...SPECIAL, ...'ACGT'];
const PIECES = [...LETTERS, 'AC', 'GT'];
const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
const scored = (tokens: string[]) => tokens.map((token, id) => [token, -1 - id]);

const words = { type: 'WordLevel', vocab: numbered(LETTERS), unk_token: '[UNK]' };
const merges = {
  type: 'BPE',
  vocab: numbered(PIECES),
  merges: [
    ['A', 'C'],
    ['G', 'T'],
  ],
  unk_token: '[UNK]',
};
const unigram = { type: 'Unigram', vocab: scored(PIECES), unk_id: 1 };
const continued = {
  type: 'WordPiece',
  vocab: numbered([...LETTERS, ...[...'ACGT'].map((letter) => `##${letter}`)]),
  continuing_subword_prefix: '##',
  max_input_chars_per_word: 100,
  unk_token: '[UNK]',
};

type Model = Record<string, unknown>;
const untyped = ({ type, ...rest }: Model): Model => rest;

function tokenizerFiles(model: Model) {
  const letterwise = { type: 'Split', pattern: { String: '' }, behavior: 'Isolated', invert: false };
  return {
    'tokenizer.json': {
      added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true })),
      normalizer: null,
      pre_tokenizer:
        'merges' in model || Array.isArray(model['vocab']) || 'max_input_chars_per_word' in model
          ? { type: 'Whitespace' }
          : letterwise,
      post_processor: null,
      decoder: null,
      model,
    },
  };
}

async function made(model: Model, texts: readonly string[]) {
  const folder = await folderWith(tokenizerFiles(model));
  const tokenizer = tokenizerOf(await readTokenizerFiles(folder), folder);
  return texts.map((text) => tokenizer.encode(text, { add_special_tokens: false }).ids);
}

// Each row of numbers was made by tokenizers 0.23.2 for Python, of the same tokenizer.json.
test.each<[string, Model, number[][]]>([
  [
    'WordLevel',
    words,
    [
      [1, 5, 6, 7, 8],
      [1, 1, 1, 1],
      [7, 1, 8, 5, 6],
    ],
  ],
  [
    'WordLevel without its type',
    untyped(words),
    [
      [1, 5, 6, 7, 8],
      [1, 1, 1, 1],
      [7, 1, 8, 5, 6],
    ],
  ],
  ['WordPiece without its type', untyped(continued), [[1], [1, 1, 1], [1]]],
  [
    'BPE without its type',
    untyped(merges),
    [
      [1, 9, 10],
      [1, 1, 1, 1],
      [7, 1, 8, 9],
    ],
  ],
  [
    'BPE that fuses',
    { ...merges, fuse_unk: true },
    [
      [1, 9, 10],
      [1, 1, 1],
      [7, 1, 8, 9],
    ],
  ],
  ['BPE without an unknown token', { ...merges, unk_token: null }, [[9, 10], [], [10, 9]]],
  [
    'BPE of bytes without an unknown token',
    { ...merges, unk_token: null, byte_fallback: true, vocab: numbered([...PIECES, ...BYTES]) },
    [
      [89, 9, 10],
      [89, 89, 56, 89],
      [7, 89, 8, 9],
    ],
  ],
  [
    'Unigram',
    unigram,
    [
      [1, 9, 10],
      [1, 1, 1],
      [7, 1, 8, 9],
    ],
  ],
  [
    'Unigram without its type',
    untyped(unigram),
    [
      [1, 9, 10],
      [1, 1, 1],
      [7, 1, 8, 9],
    ],
  ],
  [
    'Unigram that lacks its bytes',
    { ...unigram, byte_fallback: true },
    [
      [1, 9, 10],
      [1, 1, 1],
      [7, 1, 8, 9],
    ],
  ],
])('%s reads unknown letters as Python does', async (_, model, expected) => {
  expect(await made(model, ['NACGT', 'NN-N', 'GNTAC'])).toEqual(expected);
});

test.each<[string, Model, RegExp]>([
  ['WordLevel', { ...words, unk_token: '[FOO]' }, /has no token for B, and its unk_token \(\[FOO\]\) is not/],
  [
    'WordLevel',
    { ...words, unk_token: null },
    /has no token for B, and its unk_token is missing.*name a token/,
  ],
  [
    'WordPiece',
    { ...continued, unk_token: '[FOO]' },
    /has no token for B, and its unk_token \(\[FOO\]\) is not/,
  ],
  [
    'WordPiece',
    { ...continued, continuing_subword_prefix: null },
    /a WordPiece without continuing_subword_prefix/,
  ],
  ['BPE', { ...merges, unk_token: '[FOO]' }, /has no token for B, and its unk_token \(\[FOO\]\) is not/],
  ['Unigram', { ...unigram, unk_id: null }, /has no token for B, and its unk_id is missing/],
  [
    'Unigram',
    { ...unigram, unk_id: 99 },
    /has no token for B, and its unk_id \(99\) is not in its vocabulary/,
  ],
  [
    'Unigram of bytes',
    { ...unigram, vocab: scored([...PIECES, ...BYTES]), byte_fallback: true },
    /a Unigram with byte_fallback, which would read B as <0x42>/,
  ],
])(
  '%s whose unknown letters have no token of the vocabulary is refused by name',
  async (_, model, message) => {
    await expect(made(model, [])).rejects.toMatchObject({
      code: 'model_unsupported',
      message: expect.stringMatching(message),
    });
  },
);

test('a WordLevel of residues has a table that reads unknown letters as its own unknown token', async () => {
  const { rules } = await readTokenizerTokens(await folderWith(tokenizerFiles(words)));
  expect([...'ACGTNR'].map((letter) => rules.table[letter.charCodeAt(0)])).toEqual([5, 6, 7, 8, 1, 1]);
});

test('a Unigram of residues has no table, since it joins unknown letters', async () => {
  const model = { ...unigram, vocab: scored(LETTERS) };
  const folder = await folderWith({
    ...tokenizerFiles(model),
    'tokenizer_config.json': { unk_token: '[UNK]' },
  });
  const { rules } = await readTokenizerTokens(folder);
  expect([rules.table, rules.tokenizer === undefined]).toEqual([[], false]);
});

test('the letters of a WordPiece without its type are known as with it', async () => {
  const known = async (model: Model) => {
    const folder = await folderWith(tokenizerFiles(model));
    const tokenizer = await readTokenizerFiles(folder);
    return letterRules({ alphabet: 'dna', folder, recipe: { tokenizer } as never });
  };
  expect(await known(untyped(continued))).toEqual(await known(continued));
});
