import { createRequire } from 'node:module';
import type * as Tokenizers from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bytes, fixture, lambda } from '../../test/support.js';
import { resolveModel } from '../resolve-model.js';
import { plainMerges, settledTokens } from './settled-tokens.js';
import { type SubwordRules, Subwords } from './subwords.js';
import type { TokenizerFiles } from './tokenizer-files.js';

type Json = Record<string, unknown>;

/** All letters that the tests' tokenizers know; N is not among them. */
const LETTERS = [...'ABCDEFGHIJKLMOPQRSTUVWXYZ'];

/** A tokenizer with these merges; its vocabulary has all of their tokens. */
/** As the code under test loads it. */
const { Tokenizer } = createRequire(import.meta.url)('@huggingface/tokenizers') as typeof Tokenizers;

function filesOf(merges: readonly (readonly [string, string])[], change: Json = {}): TokenizerFiles {
  const tokens = ['[UNK]', ...LETTERS, ...new Set(merges.map(([left, right]) => left + right))];
  const definition = {
    added_tokens: [{ id: 0, content: '[UNK]', special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: '[UNK]',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((pair) => pair.join(' ')),
      ...change,
    },
  };
  return { definition, config: {} } as unknown as TokenizerFiles;
}

/** Merges in any order, even those that training never produces, of tokens made by later merges. */
const anyMerges = fc
  .array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 14 })
  .map((picks) => {
    const tokens = ['A', 'C'];
    const merges: [string, string][] = [];
    for (const [left, right] of picks) {
      const pair: [string, string] = [tokens[left % tokens.length]!, tokens[right % tokens.length]!];
      if (pair.join('').length > 6 || merges.some((each) => each.join(' ') === pair.join(' '))) continue;
      merges.push(pair);
      tokens.push(pair.join(''));
    }
    return merges;
  })
  .chain((merges) => fc.shuffledSubarray(merges, { minLength: merges.length }));
const piece = fc.constantFrom('A', 'C', 'AC', 'AAAA', 'ACACAC', 'CCA', 'N', '-');
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));

function library(files: TokenizerFiles): (text: string) => { ids: number[]; tokens: string[] } {
  const tokenizer = new Tokenizer(files.definition, files.config);
  return (of) => tokenizer.encode(of, { add_special_tokens: false });
}

/**
 * Neighbours in the alphabet merge, later letters first. The continuation of a text then affects letters far
 * before it: ABCDE gives A BC DE, but ABCDEF gives AB CD EF.
 */
const farMerges = fc
  .record({ places: fc.subarray([...LETTERS.keys()].slice(1), { minLength: 15 }), swap: fc.nat(20) })
  .map(({ places, swap }) => {
    const merges = places.map((at): [string, string] => [LETTERS[at - 1]!, LETTERS[at]!]).reverse();
    return [...merges.slice(swap), ...merges.slice(0, swap)];
  });
const alphabet = fc
  .array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 25 })), { maxLength: 5 })
  .map((cuts) => cuts.map(([start, length]) => LETTERS.slice(start, start + length).join('')).join(''));

test('if the continuation of a text can change all of its tokens, none is settled', () => {
  const merges = LETTERS.slice(1).map((letter, i): [string, string] => [LETTERS[i]!, letter]);
  const files = filesOf(merges.reverse());
  const encode = library(files);
  const [begin, longer] = [LETTERS.slice(0, -1).join(''), LETTERS.join('')];
  const { tokens } = encode(begin);
  expect(tokens.slice(0, 3)).toEqual(['AB', 'CD', 'EF']);
  expect(encode(longer).tokens.slice(0, 3)).toEqual(['A', 'BC', 'DE']);
  const names = (of: string) => encode(of).tokens;
  expect(settledTokens(names, plainMerges(files)!, { text: begin, tokens, least: 1 })).toBe(0);
});

test.each([
  ['of few letters', anyMerges, text],
  ['that reach far', farMerges, alphabet],
] as const)(
  'settled tokens are the first tokens of every longer text, with merges %s',
  (_, anyMerges, text) => {
    let some = 0;
    let others = 0;
    fc.assert(
      fc.property(
        anyMerges,
        text,
        fc.nat(200),
        fc.array(text, { maxLength: 3 }),
        (merges, whole, cut, ways) => {
          const begin = whole.slice(0, cut % (whole.length + 1));
          const files = filesOf(merges);
          const encode = library(files);
          const { tokens, ids } = encode(begin);
          const rules = plainMerges(files)!;
          const settled = settledTokens((of) => encode(of).tokens, rules, { text: begin, tokens, least: 1 });
          if (settled > 0) some++;
          for (const longer of [whole, ...ways.map((way) => begin + way)].map((of) => encode(of).ids)) {
            expect(longer.slice(0, settled)).toEqual(ids.slice(0, settled));
            const common = longer.findIndex((id, i) => id !== ids[i]);
            if (common >= 0 && common < ids.length - 1) others++;
          }
        },
      ),
      { numRuns: 3000 },
    );
    // Guards against a vacuous law: many texts have settled tokens, and many continuations change other
    // tokens. The counts are random (about 75 to 250 for the latter), so the bounds leave room.
    expect(some).toBeGreaterThan(500);
    expect(others).toBeGreaterThan(20);
  },
);

const dna = await lambda();
const source = await resolveModel(fixture('dna_encoder'));
const rules: SubwordRules = {
  files: source.recipe.tokenizer!,
  folder: source.folder,
  specialTokens: source.specialTokens,
};

test.each([4, 20, 256])('the first %d tokens of real DNA equal those of the whole sequence', (maxTokens) => {
  const short = new Subwords({ ...rules, maxTokens });
  const whole = library(rules.files);
  const sequence = fc
    .record({ start: fc.nat(40_000), length: fc.nat(8000), repeats: fc.integer({ min: 1, max: 3 }) })
    .map(({ start, length, repeats }) => `${dna.slice(start, start + length)}NRY-A`.repeat(repeats));
  fc.assert(
    fc.property(sequence, (residues) => {
      const { tokens, truncated } = short.encode([bytes(residues)]);
      const { ids } = whole(residues);
      expect([...tokens[0]!]).toEqual(ids.slice(0, maxTokens - 2));
      expect(truncated).toEqual(ids.length > maxTokens - 2 ? [0] : []);
    }),
    { numRuns: 60 },
  );
});

test('only the beginning of a long sequence is tokenized if that gives the same tokens, else all of it', () => {
  const encode = vi.spyOn(Tokenizer.prototype, 'encode');
  onTestFinished(() => encode.mockRestore());
  const given = (change: Json) => {
    const files = structuredClone(rules.files);
    Object.assign(files.definition.model, change);
    const subwords = new Subwords({ ...rules, files, maxTokens: 256 });
    encode.mockClear();
    expect(subwords.encode([bytes(dna)]).truncated).toEqual([0]);
    return encode.mock.calls.reduce((sum: number, [residues]: [string]) => sum + residues.length, 0);
  };
  expect(given({})).toBeLessThan(8000);
  for (const other of [{ fuse_unk: true }, { ignore_merges: true }, { byte_fallback: true }])
    expect(given(other)).toBe(dna.length);
});

test.each<[string, (files: Json & { model: Json }) => Json]>([
  ['that normalizes', (of) => ({ ...of, normalizer: { type: 'NFKC' } })],
  ['that marks words', (of) => ({ ...of, pre_tokenizer: { type: 'Metaspace' } })],
  ['that adds a residue as a token', (of) => ({ ...of, added_tokens: [{ id: 1, content: 'N' }] })],
  ['of type Unigram', (of) => ({ ...of, model: { ...of.model, type: 'Unigram' } })],
  ['of type WordPiece', (of) => ({ ...of, model: { ...of.model, type: 'WordPiece' } })],
  ['with marked ends', (of) => ({ ...of, model: { ...of.model, end_of_word_suffix: '</w>' } })],
  ['that merges to a token it lacks', (of) => ({ ...of, model: { ...of.model, merges: ['A N'] } })],
])('a tokenizer %s is not plain byte-pair encoding', (_, change) => {
  const { definition, config } = filesOf([['A', 'C']]);
  expect(plainMerges({ definition, config })).toEqual({ longest: 2, unknown: '[UNK]' });
  const other = change(definition as Json & { model: Json });
  expect(plainMerges({ definition: other, config } as unknown as TokenizerFiles)).toBeUndefined();
});
