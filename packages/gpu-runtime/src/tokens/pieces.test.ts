import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fedInputs } from '../../test/fed-inputs.js';
import { bytes, copyOf } from '../../test/support.js';
import { loadModel } from '../load-model.js';
import { tokenTable } from '../model/recipe.js';
import { resolveModel } from '../resolve-model.js';
import { tokensAreExact, tokensOf } from '../sequences/tokens-of.js';
import { letterRules } from './letter-rules.js';
import { PieceTokens } from './pieces.js';
import { tokenCounts } from './token-counts.js';

// Tokens of Transformers' EsmTokenizer; see NOTES.md there.
const folder = fileURLToPath(new URL('../../../model-zoo/test/fixtures/ntv2_tiny', import.meta.url));
const expected: { sequence: string; input_ids: number[] }[] = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
).sequences;
const plain = expected.filter(({ sequence }) => /^[A-Z*-]+$/.test(sequence));

const source = await resolveModel(folder);
const UNKNOWN = 0;
const CLS = 3;

test('the Nucleotide Transformer v2 gets the tokens that its own tokenizer makes', async () => {
  expect(plain.length).toBeGreaterThanOrEqual(12);
  for (const { sequence, input_ids } of plain) {
    const [fed] = await fedInputs(source, [sequence]);
    expect(fed!['input_ids']).toEqual({ data: input_ids, dims: [1, input_ids.length] });
  }
  const counts = tokenCounts(
    source,
    plain.map(({ sequence }) => bytes(sequence)),
  );
  expect(counts).toEqual(plain.map(({ input_ids }) => input_ids.length));
});

test('it is a model of DNA with rows of all tokens, 2,048 of them', () => {
  expect(source).toMatchObject({ alphabet: 'dna', maxTokens: 2048, maxResidues: Number.POSITIVE_INFINITY });
  expect(source.recipe).toMatchObject({ prefix: [CLS], suffix: [], padding: 1, singly: true });
  expect(source.recipe.output.pooling).toBe('mean_tokens');
  const { known, readAs } = letterRules(source);
  expect([...'ACGTN'].every((letter) => known[letter.charCodeAt(0)] === 1)).toBe(true);
  expect(known.reduce((sum, is) => sum + is, 0)).toBe(5);
  expect(readAs).toEqual({ from: 'U', to: 'T' });
});

/** The naive way: at each place, try every token from the longest to the shortest. */
function naive(vocabulary: ReadonlyMap<string, number>, text: string): number[] {
  const byLength = [...vocabulary].sort(([a], [b]) => b.length - a.length);
  const found: number[] = [];
  let wasUnknown = false;
  for (let rest = text; rest !== ''; ) {
    const [name, id] = byLength.find(([each]) => rest.startsWith(each)) ?? [rest[0]!, UNKNOWN];
    if (id !== UNKNOWN || !wasUnknown) found.push(id);
    wasUnknown = id === UNKNOWN;
    rest = rest.slice(name.length);
  }
  return found;
}

const vocabularies = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom(...'ACGTN'), minLength: 1, maxLength: 7 }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((names) => new Map(names.map((name, i) => [name, i + 5])));
const sequences = fc.string({ unit: fc.constantFrom(...'ACGTNRY-'), maxLength: 60 });

test('any vocabulary makes the tokens of trying every token at every place, and drops the rest', () => {
  fc.assert(
    fc.property(
      vocabularies,
      fc.array(sequences, { maxLength: 4 }),
      fc.nat(20),
      (vocabulary, texts, most) => {
        const single = new Map([...vocabulary].filter(([name]) => name.length === 1));
        const pieces = [...vocabulary].filter(([name]) => name.length > 1);
        const made = new PieceTokens({ table: tokenTable(single, UNKNOWN), fused: UNKNOWN, pieces });
        const whole = texts.map((text) => naive(vocabulary, text));
        expect(made.encode(texts.map(bytes)).tokens.map((ids) => [...ids])).toEqual(whole);
        const { tokens, truncated } = made.encode(texts.map(bytes), most);
        expect(tokens.map((ids) => [...ids])).toEqual(whole.map((ids) => ids.slice(0, most)));
        expect(truncated).toEqual([...whole.keys()].filter((at) => whole[at]!.length > most));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a sequence never has more tokens than the plan counts for it', () => {
  expect(tokensAreExact(source)).toBe(false);
  fc.assert(
    fc.property(sequences, (text) => {
      expect(tokenCounts(source, [bytes(text)])[0]).toBeLessThanOrEqual(tokensOf(source, text.length));
    }),
  );
});

test('what the model does not read is dropped and reported, or read in windows of whole tokens', async () => {
  const short = await copyOf(folder);
  await writeFile(join(short, 'holdfast.json'), JSON.stringify({ format: 1, maxTokens: 12 }));
  const model = await loadModel(await resolveModel(short));
  const truncated: number[] = [];
  const text = 'ACGTTG'.repeat(11);
  const rows = await model.embed([`${text}N`, text].map(bytes), { onTruncated: (at) => truncated.push(at) });
  expect(truncated).toEqual([0]);
  expect(rows.slice(0, model.source.dim)).toEqual(rows.slice(model.source.dim));
  await model.release();
  // Eleven tokens have room for eleven letters, whatever they are; six of them are one token.
  const windowed = await resolveModel(short, { longSequences: 'windows' });
  expect(windowed.windows).toEqual({ residues: 6, overlap: 0 });
  const windows = await loadModel(windowed);
  const [joined, alone] = [await windows.embed([bytes(text)]), await windows.embed([bytes('ACGTTG')])];
  joined.forEach((value, i) => {
    expect(value).toBeCloseTo(alone[i]!, 6);
  });
  await windows.release();
});

test('without eos_token in its configuration, the tokenizer ends a sequence with <eos>', async () => {
  const other = await copyOf(folder);
  await rm(join(other, 'tokenizer_config.json'));
  const { recipe, specialTokens } = await resolveModel(other);
  expect([recipe.prefix, recipe.suffix, specialTokens]).toEqual([[CLS], [4], 2]);
});
