import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../test/support.js';
import { type ModelRecipe, tokenTable } from '../model/recipe.js';
import { resolveModel } from '../resolve-model.js';
import type { Alphabet } from './alphabet.js';
import { letterRules } from './letter-rules.js';
import { readTokenizerFiles, type TokenizerFiles, tokenizerOf } from './tokenizer-files.js';

const folder = fixture('dna_encoder');
const files = await readTokenizerFiles(folder);
const spelled = (known: Uint8Array) =>
  [...known.entries()].flatMap(([byte, is]) => (is === 1 ? String.fromCharCode(byte) : [])).join('');
const sorted = (letters: string) => [...letters].sort().join('');

/** The rules of a model with this table. */
const ofTable = (alphabet: Alphabet, letters: string) => {
  const ids = new Map([...letters].map((letter, i) => [letter, i + 5]));
  return letterRules({
    alphabet,
    folder: '',
    recipe: { table: tokenTable(ids, 3) } as unknown as ModelRecipe,
  });
};

/** The rules of a model with this tokenizer. */
const ofFiles = (changed: TokenizerFiles, alphabet: Alphabet = 'dna') =>
  letterRules({ alphabet, folder, recipe: { tokenizer: changed } as ModelRecipe });
const withModel = (
  model: Record<string, unknown>,
  definition: Record<string, unknown> = {},
): TokenizerFiles => ({
  ...files,
  definition: { ...files.definition, ...definition, model: { ...files.definition.model, ...model } },
});
const vocabularyOf = (tokens: readonly string[]) =>
  Object.fromEntries(
    ['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]', ...tokens].map((token, id) => [token, id]),
  );

describe('what a model knows', () => {
  test('tnf reads ACGT and U, and changes nothing', async () => {
    const rules = letterRules(await resolveModel('tnf'));
    expect(spelled(rules.known)).toBe('ACGTU');
    expect(rules).toEqual({ known: rules.known, finalStop: false, spreads: false });
  });

  test('aac reads the 20 amino acids and drops a final stop', async () => {
    const rules = letterRules(await resolveModel('aac'));
    expect(spelled(rules.known)).toBe('ACDEFGHIKLMNPQRSTVWY');
    expect(rules).toEqual({ known: rules.known, finalStop: true, spreads: false });
  });

  test('ESM-2 reads what its vocabulary lists: gaps, selenocysteine and X, but neither J nor *', async () => {
    const rules = letterRules(await resolveModel(fixture('tiny_esm2')));
    expect(spelled(rules.known)).toBe(sorted('LAGVSERTIDPKQNFYMHWCXBUZO.-'));
    expect(rules.readAs).toBeUndefined();
    expect(rules.finalStop).toBe(true);
  });

  test('byte-pair encoding of DNA reads ACGT, and U as T', async () => {
    const rules = letterRules(await resolveModel(folder));
    expect(spelled(rules.known)).toBe('ACGT');
    expect(rules).toEqual({
      known: rules.known,
      readAs: { from: 'U', to: 'T' },
      finalStop: false,
      spreads: false,
    });
  });
});

test.each([
  ['dna', 'ACGT', { from: 'U', to: 'T' }],
  ['dna', 'ACGTN', { from: 'U', to: 'T' }],
  ['dna', 'ACGUN', { from: 'T', to: 'U' }],
  ['dna', 'ACGTU', undefined],
  ['dna', 'ACG', undefined],
  ['protein', 'ACDEFGHIKLMNPQRSTVWY', undefined],
  ['protein', 'ACDEFGHIKLMNPQRSVWYU', undefined],
] as const)('a %s vocabulary of %s reads U and T as %j', (alphabet, letters, readAs) => {
  expect(ofTable(alphabet, letters).readAs).toEqual(readAs);
});

test.each([
  ['protein', 'ACDEFGHIKLMNPQRSTVWY', true],
  ['protein', 'ACDEFGHIKLMNPQRSTVWY*', false],
  ['dna', 'ACGT', false],
] as const)('a %s vocabulary of %s drops a final stop: %s', (alphabet, letters, drops) => {
  expect(ofTable(alphabet, letters).finalStop).toBe(drops);
});

test('no byte above 0x7e and no blank is known', async () => {
  for (const name of ['tnf', 'aac', fixture('tiny_esm2'), folder]) {
    const { known } = letterRules(await resolveModel(name));
    known.forEach((is, byte) => {
      if (byte < 0x21 || byte > 0x7e) expect(is).toBe(0);
    });
  }
});

test('byte-pair encoding makes one unknown token for each unknown letter, in any text', () => {
  const { known } = ofFiles(files);
  const tokenizer = tokenizerOf(files, folder);
  const letters = fc.string({ unit: fc.constantFrom(...'ACGTACGTNURYKM'), minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(letters, (text) => {
      const { ids } = tokenizer.encode(text, { add_special_tokens: false });
      const unknown = [...text].filter((letter) => known[letter.charCodeAt(0)] === 0);
      expect(ids.filter((id: number) => id === 0)).toHaveLength(unknown.length);
    }),
  );
});

test('a tokenizer that folds case knows both cases, one that does not only its own', () => {
  const vocab = vocabularyOf([...'acgt']);
  const folding = withModel({ vocab, merges: [] }, { normalizer: { type: 'Lowercase' } });
  expect(spelled(ofFiles(folding).known)).toBe('ACGTacgt');
  expect(spelled(ofFiles(withModel({ vocab, merges: [] })).known)).toBe('acgt');
});

test('a letter that the normalizer removes is not known', () => {
  const normalizer = { type: 'Replace', pattern: { String: 'G' }, content: '' };
  expect(spelled(ofFiles(withModel({}, { normalizer })).known)).toBe('ACT');
});

test('without an unknown token, letters missing from the vocabulary are still not known', () => {
  const { config, definition } = withModel({ unk_token: null });
  expect(spelled(ofFiles({ definition, config: { ...config, unk_token: null } }).known)).toBe('ACGT');
});

describe('WordPiece', () => {
  const pieces = ['A', 'C', 'G', 'T', '##A', '##C', '##G', '##T', 'N', 'GA', '##GA'];
  const wordPiece = (tokens: readonly string[], more = {}) =>
    withModel({
      type: 'WordPiece',
      vocab: vocabularyOf(tokens),
      merges: undefined,
      continuing_subword_prefix: '##',
      ...more,
    });

  test('a letter without a token within a word is not known, and one unknown letter makes its whole word unknown', () => {
    const rules = ofFiles(wordPiece(pieces));
    expect(spelled(rules.known)).toBe('ACGT');
    expect(rules.spreads).toBe(true);
    expect(rules.readAs).toEqual({ from: 'U', to: 'T' });
  });

  test('the longest word is the file’s limit, or 100 letters', () => {
    expect(ofFiles(wordPiece(pieces)).longestWord).toBe(100);
    expect(ofFiles(wordPiece(pieces, { max_input_chars_per_word: 12 })).longestWord).toBe(12);
    expect(ofFiles(files).longestWord).toBeUndefined();
  });

  test('sequences of known letters up to the longest word have no unknown token', () => {
    const changed = wordPiece(pieces, { max_input_chars_per_word: 30 });
    const tokenizer = tokenizerOf(changed, folder);
    const { known, longestWord } = ofFiles(changed);
    const text = fc.string({ unit: fc.constantFrom(...'ACGTN'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, (word) => {
        const { ids } = tokenizer.encode(word, { add_special_tokens: false });
        const lost =
          [...word].some((letter) => known[letter.charCodeAt(0)] === 0) || word.length > longestWord!;
        // N has a token only at the start of a word.
        if (word !== 'N' && !/^N[ACGT]*$/.test(word)) expect(ids.includes(0)).toBe(lost);
      }),
    );
  });
});

test('a Unigram tokenizer knows the letters in its list', () => {
  const vocab = ['<unk>', ...'ACGT', 'ACG', 'TT'].map((token, i) => [token, -i]);
  const changed = withModel({ type: 'Unigram', vocab, unk_id: 0, unk_token: undefined, merges: undefined });
  const rules = ofFiles(changed);
  expect(spelled(rules.known)).toBe('ACGT');
  expect(rules.spreads).toBe(false);
});

test('the rules are not part of the fingerprint', async () => {
  // A change in the letter rules must not change the fingerprints of runs on disk.
  const { tokens } = JSON.parse(await readFile(join(fixture('../../models/tnf'), 'holdfast.json'), 'utf8'));
  const before = await resolveModel('tnf');
  letterRules(before);
  expect((await resolveModel('tnf')).fingerprint).toBe(before.fingerprint);
  expect(tokens.ids.U).toBe(tokens.ids.T);
});
