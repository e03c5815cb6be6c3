import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { ESM2 } from '../test/esm2-vocabulary.js';
import { fedInputs } from '../test/fed-inputs.js';
import { bytes, copyOf, fixture, globins } from '../test/support.js';
import { loadModel } from './load-model.js';
import type { ModelSource } from './model-source.js';
import { resolveModel } from './resolve-model.js';

let source: ModelSource;
beforeAll(async () => {
  source = await resolveModel(fixture('tiny_esm2'));
});

const UNKNOWN = 3;
/** The rule of Transformers' EsmTokenizer: the text between two known tokens is one word. */
const published = (sequence: string) => {
  const words = sequence.split(/([LAGVSERTIDPKQNFYMHWCXBUZO.-])/).filter((word) => word !== '');
  return [0, ...words.map((word) => (ESM2.includes(word) ? ESM2.indexOf(word) : UNKNOWN)), 2];
};

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

test('rare, ambiguous and unknown residues, and gaps', async () => {
  const [fed] = await fedInputs(source, ['XBUZO.-*J']);
  // The last two make one token, which leaves a place for padding.
  expect(fed!['input_ids']!.data).toEqual([0, 24, 25, 26, 27, 28, 29, 30, UNKNOWN, 2, 1]);
  expect(fed!['attention_mask']!.data).toEqual([...new Array(10).fill(1), 0]);
});

test('adjacent residues that the vocabulary lacks make one <unk> anywhere in a sequence', async () => {
  const residues = fc.string({ unit: fc.constantFrom(...'MKX-**JJ'), maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(residues, { minLength: 1, maxLength: 5 }), async (batch) => {
      const [fed] = await fedInputs(source, batch);
      const width = fed!['input_ids']!.dims[1]!;
      batch.forEach((sequence, row) => {
        const tokens = published(sequence);
        const padding = width - tokens.length;
        const of = (name: string) => fed![name]!.data.slice(row * width, (row + 1) * width);
        expect(of('input_ids')).toEqual([...tokens, ...new Array(padding).fill(1)]);
        expect(of('attention_mask')).toEqual([...tokens.map(() => 1), ...new Array(padding).fill(0)]);
      });
      expect(width).toBe(2 + Math.max(...batch.map(({ length }) => length)));
    }),
  );
});

test.each(['mean', 'mean_tokens', 'max', 'cls'] as const)(
  'with %s, a stretch of such residues counts as one token',
  async (pooling) => {
    const model = await loadModel(await resolveModel(fixture('tiny_esm2'), { pooling }));
    const [one, many] = await Promise.all(
      ['MKT*AYIAK', 'MKT*J*JJ*AYIAK'].map((sequence) => model.embed([bytes(sequence)])),
    );
    many!.forEach((value, i) => {
      expect(value).toBeCloseTo(one![i]!, 5);
    });
    await model.release();
  },
);

test('a model with a descriptor has a token for each residue', async () => {
  const { fused: _, ...recipe } = source.recipe;
  const [fed] = await fedInputs({ ...source, recipe }, ['M**M']);
  expect(fed!['input_ids']!.data).toEqual([0, 20, UNKNOWN, UNKNOWN, 20, 2]);
});

test('real proteins with X B U Z O . - * inserted, padded to the longest', async () => {
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

test('without vocab.txt the vocabulary comes from tokenizer.json, and the model is the same', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await rm(join(folder, 'vocab.txt'));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  expect((await resolveModel(folder)).fingerprint).toBe(source.fingerprint);
});

test('single-residue tokens in the tokenizer.json of another model type are looked up, not merged', async () => {
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
  // The tokenizers library does not fuse unknown residues by default.
  const { fused, ...recipe } = source.recipe;
  expect([other.recipe, fused]).toEqual([recipe, UNKNOWN]);
  // BERT counts positions from 0, ESM from its padding token upwards.
  expect(other).toMatchObject({ alphabet: 'protein', maxResidues: 1024 });

  // A table cannot make one token of several unknown residues.
  const fusing = { ...tokenizer, post_processor, model: { ...tokenizer.model, fuse_unk: true } };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(fusing));
  expect((await resolveModel(folder)).recipe.tokenizer).toBeDefined();
});

test('with tokens of several residues in an export, a batch is padded to the most tokens', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await writeFile(join(folder, 'vocab.txt'), [...ESM2.slice(0, 32), 'ACGTAC'].join('\n'));
  const kmers = await resolveModel(folder);
  const [fed] = await fedInputs(kmers, ['ACGTACGACGTAC', 'ACGTAC', 'JJACGTACJACGT']);
  const [A, C, G, T] = [...'ACGT'].map((letter) => ESM2.indexOf(letter));
  expect(fed!['input_ids']).toEqual({
    data: [
      [0, 32, G, 32, 2, 1, 1, 1, 1],
      [0, 32, 2, 1, 1, 1, 1, 1, 1],
      [0, UNKNOWN, 32, UNKNOWN, A, C, G, T, 2],
    ].flat(),
    dims: [3, 9],
  });
  expect(fed!['attention_mask']!.data).toEqual([
    1,
    1,
    1,
    1,
    1,
    0,
    0,
    0,
    0,
    1,
    1,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    ...new Array(9).fill(1),
  ]);
});

test('tokens of several residues are refused in a tokenizer.json, which may make them by other rules', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await rm(join(folder, 'vocab.txt'));
  const vocab = { ...tokenizer.model.vocab, ACGTAC: 33 };
  await writeFile(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, vocab } }),
  );
  await expect(resolveModel(folder)).rejects.toMatchObject({
    code: 'model_unsupported',
    message: expect.stringMatching(/ACGTAC.*vocab\.txt beside it/),
  });
});
