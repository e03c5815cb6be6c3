import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { block, bytes, copyOf, fixture, graph, lambda, outside } from '../../test/support.js';
import { loadModel } from '../load-model.js';
import { ModelError } from '../model-error.js';
import { resolveModel } from '../resolve-model.js';
import type { ModelOverrides } from './model-overrides.js';

type Json = Record<string, unknown>;
type Change = (folder: string) => Promise<unknown>;

/** A large file in a clone without Git LFS. */
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`;

const TOKENS = ['int64', ['n', 'tokens']] as const;
const ALL_INPUTS = { input_ids: TOKENS, attention_mask: TOKENS, token_type_ids: TOKENS };
const HIDDEN = { last_hidden_state: ['float32', ['n', 'tokens', 64]] } as const;

/** Rewrites a JSON file. */
const edit =
  (name: string, change: (value: Json) => Json): Change =>
  async (folder) => {
    const value = JSON.parse(await readFile(join(folder, name), 'utf8')) as Json;
    await writeFile(join(folder, name), JSON.stringify(change(value)));
  };
const put =
  (name: string, content: unknown): Change =>
  (folder) =>
    writeFile(join(folder, name), JSON.stringify(content));
const beside = (changes: Json) => put('holdfast.json', { format: 1, ...changes });
const without =
  (name: string): Change =>
  (folder) =>
    rm(join(folder, name));
const regraph =
  (...of: Parameters<typeof graph>): Change =>
  async (folder) =>
    writeFile(join(folder, 'model.onnx'), await graph(...of));
const all =
  (...changes: Change[]): Change =>
  async (folder) => {
    for (const change of changes) await change(folder);
  };
const model = (change: (model: Json) => Json) =>
  edit('tokenizer.json', (tokenizer) => ({ ...tokenizer, model: change(tokenizer['model'] as Json) }));
/** The vocabulary with one more token. */
const withToken = (token: string) =>
  all(
    model(({ vocab, ...rest }) => ({ ...rest, vocab: { ...(vocab as Json), [token]: 256 } })),
    edit('config.json', (config) => ({ ...config, vocab_size: 257 })),
  );

async function changed(change: Change): Promise<string> {
  const folder = await copyOf(fixture('dna_encoder'));
  await change(folder);
  return folder;
}

test.each<[string, Change, string, RegExp]>([
  [
    'a file that is not a graph',
    (at) => writeFile(join(at, 'model.onnx'), 'not a graph'),
    'model_load',
    /not an ONNX model/,
  ],
  [
    'a pointer in place of the graph',
    (at) => writeFile(join(at, 'model.onnx'), POINTER),
    'model_load',
    /model\.onnx: is a Git LFS pointer, not the model's file; run git lfs pull/,
  ],
  [
    'a pointer in place of the vocabulary',
    (at) => writeFile(join(at, 'tokenizer.json'), POINTER),
    'model_bad_json',
    /tokenizer\.json: is a Git LFS pointer.*git lfs pull/,
  ],
  [
    'a pointer in place of the weights beside the graph',
    async (at) => {
      await writeFile(
        join(at, 'model.onnx'),
        await graph(ALL_INPUTS, HIDDEN, () => [block(5, outside('w', 'model.onnx_data'))]),
      );
      await writeFile(join(at, 'model.onnx_data'), POINTER);
    },
    'model_load',
    /model\.onnx_data: is a Git LFS pointer.*git lfs pull/,
  ],
  [
    'a web page in place of the graph',
    (at) => writeFile(join(at, 'model.onnx'), '\n<!DOCTYPE html>\n<html><body>Sign in</body></html>'),
    'model_load',
    /model\.onnx: is a web page, not the model's file; download the file itself/,
  ],
  ['an empty graph', (at) => writeFile(join(at, 'model.onnx'), ''), 'model_load', /contains no graph/],
  [
    'a graph cut short',
    async (at) => {
      const whole = await readFile(join(at, 'model.onnx'));
      await writeFile(join(at, 'model.onnx'), whole.subarray(0, whole.length - 1000));
    },
    'model_load',
    /ends too early/,
  ],
  ['no graph', without('model.onnx'), 'model_file_missing', /is missing, .*an exported model\.onnx/],
  ['no tokenizer', without('tokenizer.json'), 'model_file_missing', /tokenizer\.json: is missing/],
  [
    'a tokenizer that is not JSON',
    (at) => writeFile(join(at, 'tokenizer.json'), '{'),
    'model_bad_json',
    /is not JSON/,
  ],
  [
    'a tokenizer without a model',
    edit('tokenizer.json', ({ model: _, ...rest }) => rest),
    'model_bad_json',
    /model/,
  ],
  [
    'a tokenizer of an unknown kind',
    model((rest) => ({ ...rest, type: 'Guesswork', vocab: undefined, merges: undefined })),
    'model_bad_json',
    /no known tokenizer/,
  ],
  [
    'a tokenizer of an unknown kind, with a vocabulary',
    model((rest) => ({ ...rest, type: 'Guesswork' })),
    'model_bad_json',
    /tokenizer\.json: describes no known tokenizer \(model of type 'Guesswork'\)/,
  ],
  [
    'a tokenizer that keeps the ends of long sequences',
    edit('tokenizer_config.json', (config) => ({ ...config, truncation_side: 'left' })),
    'model_unsupported',
    /tokenizer_config\.json: keeps the end of a long sequence \(truncation_side left\), but Holdfast keeps its beginning/,
  ],
  [
    'a tokenizer whose own file says so',
    edit('tokenizer.json', (file) => ({ ...file, truncation: { direction: 'Left', max_length: 9 } })),
    'model_unsupported',
    /tokenizer\.json: keeps the end of a long sequence/,
  ],
  [
    'a configuration without a type',
    edit('config.json', ({ model_type: _, ...rest }) => rest),
    'model_bad_json',
    /model_type/,
  ],
  [
    'more tokens than the model has',
    edit('config.json', (config) => ({ ...config, vocab_size: 255 })),
    'model_bad_json',
    /tokenizer\.json: has 256 tokens, too many for a model of 255/,
  ],
  [
    'fewer tokens than the model has',
    edit('config.json', (config) => ({ ...config, vocab_size: 4096 })),
    'model_bad_json',
    /has 256 tokens, too few for a model of 4096/,
  ],
  [
    'one token less than the model, whose table is not rounded',
    edit('config.json', (config) => ({ ...config, vocab_size: 257 })),
    'model_bad_json',
    /too few for a model of 257/,
  ],
  [
    'tokens of an unclear alphabet',
    withToken('hello'),
    'model_unsupported',
    /nucleotides or amino acids; add a holdfast\.json beside it/,
  ],
  [
    'a tokenizer that does not know plain residues',
    model((rest) => ({ ...rest, vocab: { '[UNK]': 0, '[PAD]': 3, ACGTAC: 255 }, merges: [] })),
    'model_unsupported',
    /knows no residue of/,
  ],
  [
    'no padding token',
    all(
      model(({ vocab, ...rest }) => {
        const { '[PAD]': id, ...others } = vocab as Json;
        return { ...rest, vocab: { ...others, '[FILL]': id } };
      }),
      edit('tokenizer.json', (file) => ({
        ...file,
        added_tokens: (file['added_tokens'] as Json[]).filter(({ content }) => content !== '[PAD]'),
      })),
    ),
    'model_bad_json',
    /no padding token/,
  ],
  [
    'a graph without input_ids',
    regraph({ tokens: TOKENS }, HIDDEN),
    'model_mismatch',
    /has unknown inputs: tokens; if its tokens are 'tokens', name it .*\{ "format": 1, "inputs": \{ "ids": "tokens" \} \}/,
  ],
  [
    'a graph with an unknown input',
    regraph({ ...ALL_INPUTS, position_ids: TOKENS }, HIDDEN),
    'model_mismatch',
    /has unknown inputs: position_ids/,
  ],
  [
    'inputs of several types',
    regraph({ ...ALL_INPUTS, attention_mask: ['int32', ['n', 'tokens']] }, HIDDEN),
    'model_mismatch',
    /'attention_mask' is int32, not int64/,
  ],
  [
    'a fixed number of sequences',
    regraph({ ...ALL_INPUTS, token_type_ids: ['int64', [1, 'tokens']] }, HIDDEN),
    'model_mismatch',
    /its input 'token_type_ids' has the fixed shape \[1, tokens\].*; re-export it with dynamic axes for batch and sequence/,
  ],
  [
    'a fixed number of tokens',
    regraph({ ...ALL_INPUTS, input_ids: ['int64', ['', 128]] }, HIDDEN),
    'model_mismatch',
    /its input 'input_ids' has the fixed shape \[\?, 128\]/,
  ],
  [
    'a graph without a candidate for the output',
    regraph(ALL_INPUTS, { pooler_output: ['float32', ['n', 64]], logits: ['float32', ['n', 'tokens', 64]] }),
    'model_mismatch',
    /nor exactly one float output.*pooler_output float32 \[n,64\]/,
  ],
  [
    'a graph with several candidates for the output',
    regraph(ALL_INPUTS, { a: ['float32', ['n', 'tokens', 64]], b: ['float32', ['n', 'tokens', 64]] }),
    'model_mismatch',
    /output\.name in holdfast\.json/,
  ],
  [
    'an output of unknown dimension',
    all(
      regraph(ALL_INPUTS, { last_hidden_state: ['float32', ['n', 'tokens', 'dim']] }),
      edit('config.json', ({ hidden_size: _, ...rest }) => rest),
    ),
    'model_mismatch',
    /does not declare how many numbers a row of its output 'last_hidden_state' has/,
  ],
  [
    'a dimension that differs from the configuration',
    edit('config.json', (config) => ({ ...config, hidden_size: 32 })),
    'model_mismatch',
    /rows have 64 numbers, not 32/,
  ],
  ...['model.onnx', 'config.json', 'tokenizer.json', 'tokenizer_config.json', 'holdfast.json'].map(
    (name): [string, Change, string, RegExp] => [
      `a folder in place of ${name}`,
      async (at) => {
        await rm(join(at, name), { force: true });
        await mkdir(join(at, name));
      },
      'model_file_missing',
      new RegExp(`/${name}: is a folder, not a file`),
    ],
  ),
  [
    'a device in place of a file',
    async (at) => {
      await rm(join(at, 'tokenizer_config.json'));
      await symlink('/dev/null', join(at, 'tokenizer_config.json'));
    },
    'model_file_missing',
    /tokenizer_config\.json: is not a regular file/,
  ],
  [
    'a file in UTF-16, as some shells write it',
    (at) => writeFile(join(at, 'config.json'), '\ufeff{}', 'utf16le'),
    'model_bad_json',
    /config\.json: is not text in UTF-8/,
  ],
  ['no room for residues', beside({ maxTokens: 2 }), 'model_mismatch', /2 special tokens leave no room/],
  ['a misspelt change', beside({ maxToken: 5 }), 'model_bad_json', /maxToken/],
])('a folder with %s', async (_, change, code, message) => {
  const error = await resolveModel(await changed(change)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect((error as ModelError).remedy).not.toBe('');
});

test('an input of another name, in either type of integer, is named beside the graph', async () => {
  for (const type of ['int32', 'int64'] as const) {
    const folder = await changed(
      all(regraph({ tokens: [type, ['n', 'tokens']] }, HIDDEN), beside({ inputs: { ids: 'tokens' } })),
    );
    expect((await resolveModel(folder)).recipe).toMatchObject({
      idType: type,
      inputs: { ids: 'tokens' },
      singly: true,
    });
  }
});

test('a graph without a mask takes one sequence a call, so there is no padding that could change its rows', async () => {
  const { recipe } = await resolveModel(await changed(regraph({ input_ids: TOKENS }, HIDDEN)));
  expect(recipe).toMatchObject({ inputs: { ids: 'input_ids' }, singly: true });
  expect((await resolveModel(fixture('dna_encoder'))).recipe.singly).toBeUndefined();
});

test.each<[string, ModelOverrides, RegExp]>([
  [
    'an output it lacks',
    { output: 'hidden_states.9' },
    /its outputs: last_hidden_state, hidden_states\.2, pooler_output/,
  ],
  ['rows pooled again', { output: 'pooler_output', pooling: 'mean' }, /has 2 dimensions/],
  ['vectors of tokens as rows', { pooling: 'none' }, /has 3 dimensions, but pooling 'none' takes 2/],
])('asked for %s, a folder refuses', async (_, overrides, message) => {
  await expect(resolveModel(fixture('dna_encoder'), overrides)).rejects.toMatchObject({
    code: 'model_mismatch',
    message: expect.stringMatching(message),
  });
});

test('cls of a model without a first special token is refused', async () => {
  const folder = await changed(edit('tokenizer.json', (file) => ({ ...file, post_processor: null })));
  await expect(resolveModel(folder, { pooling: 'cls' })).rejects.toMatchObject({ code: 'model_mismatch' });
});

test.each([
  ['dna_encoder', ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'holdfast.json']],
  ['tiny_esm2', ['config.json', 'vocab.txt', 'holdfast.json']],
])('a byte-order mark before the text of a file of %s changes nothing', async (name, files) => {
  const folder = await copyOf(fixture(name));
  await beside({ name })(folder);
  const before = await resolveModel(folder);
  for (const file of files) {
    const path = join(folder, file);
    await writeFile(path, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), await readFile(path)]));
  }
  expect(await resolveModel(folder)).toEqual(before);
});

test('onnx/model.onnx is the same model', async () => {
  const folder = await changed(async (at) => {
    await mkdir(join(at, 'onnx'));
    await rename(join(at, 'model.onnx'), join(at, 'onnx', 'model.onnx'));
  });
  const source = await resolveModel(folder);
  expect(source.modelPath).toBe(join(folder, 'onnx', 'model.onnx'));
  expect(source.fingerprint).toBe((await resolveModel(fixture('dna_encoder'))).fingerprint);
});

test('without hidden_size the graph gives the dimension; without a name its only output is used', async () => {
  const folder = await changed(
    all(
      regraph({ input_ids: TOKENS, attention_mask: TOKENS }, { hidden: ['float32', ['n', 'tokens', 48]] }),
      edit('config.json', ({ hidden_size: _, ...rest }) => rest),
    ),
  );
  expect(await resolveModel(folder)).toMatchObject({
    dim: 48,
    recipe: {
      inputs: { ids: 'input_ids', mask: 'attention_mask' },
      output: { name: 'hidden', pooling: 'mean' },
    },
  });
  expect((await resolveModel(folder)).recipe.inputs.types).toBeUndefined();
});

test('a null in a configuration counts as absent', async () => {
  const empty = {
    max_position_embeddings: null,
    vocab_size: null,
    hidden_size: null,
    alibi_starting_size: null,
  };
  const folder = await changed(edit('config.json', (config) => ({ ...config, ...empty })));
  // From the tokenizer and the graph.
  expect(await resolveModel(folder)).toMatchObject({ maxTokens: 256, dim: 64 });
  const limitless = edit('tokenizer_config.json', ({ model_max_length: _, ...rest }) => rest);
  await limitless(folder);
  expect((await resolveModel(folder)).maxTokens).toBeUndefined();
});

test('the padding side changes no row, because the mask excludes padding', async () => {
  const left = edit('tokenizer_config.json', (config) => ({
    ...config,
    padding_side: 'left',
    truncation_side: 'right',
  }));
  expect((await resolveModel(await changed(left))).recipe.padding).toBe(3);
});

test('ESM that keeps the ends of long sequences is refused as well', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await put('tokenizer_config.json', { truncation_side: 'left' })(folder);
  await expect(resolveModel(folder)).rejects.toMatchObject({ code: 'model_unsupported' });
  await put('tokenizer_config.json', { truncation_side: 'right', model_max_length: 5 })(folder);
  expect((await resolveModel(folder)).maxResidues).toBe(1022);
});

test('models take any length if they use ALiBi or their tokenizer sets no limit', async () => {
  const alibi = edit('config.json', (config) => ({ ...config, alibi_starting_size: 512 }));
  const limit = (model_max_length: number) =>
    edit('tokenizer_config.json', (config) => ({ ...config, model_max_length }));
  expect((await resolveModel(await changed(all(alibi, limit(1e30))))).maxTokens).toBeUndefined();
  expect((await resolveModel(await changed(all(alibi, limit(700))))).maxTokens).toBe(700);
  expect((await resolveModel(await changed(limit(1e30)))).maxTokens).toBe(256);
});

test('a vocabulary slightly smaller than the model’s rounded table passes', async () => {
  const folder = await changed(edit('config.json', (config) => ({ ...config, vocab_size: 320 })));
  expect((await resolveModel(folder)).recipe.padding).toBe(3);
});

test('the order and layout of the tokenizer’s files change nothing, but a missing merge does', async () => {
  const turned = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, of]) => [key, turned(of)]),
        );
  const of = async (change: Change) => (await resolveModel(await changed(change))).fingerprint;
  const { fingerprint } = await resolveModel(fixture('dna_encoder'));
  expect(await of(edit('tokenizer.json', (file) => turned(file) as Json))).toBe(fingerprint);
  const fewer = model(({ merges, ...rest }) => ({ ...rest, merges: (merges as string[]).slice(0, -1) }));
  expect(await of(fewer)).not.toBe(fingerprint);
});

test('residues past maxResidues are never tokenized', async () => {
  const model = await loadModel(await resolveModel(await changed(beside({ maxResidues: 100 }))));
  const dna = await lambda();
  const rows = await model.embed([bytes(dna.slice(0, 200)), bytes(dna.slice(0, 100))]);
  expect(rows.subarray(0, 64)).toEqual(rows.subarray(64));
  await model.release();
});

test('a holdfast.json overrides the exported folder, and the caller overrides both', async () => {
  const folder = await changed(
    all(
      withToken('hello'),
      beside({
        name: 'mine',
        alphabet: 'dna',
        maxTokens: 100,
        maxResidues: 300,
        batchTokens: 999,
        output: { name: 'hidden_states.2', pooling: 'mean_tokens' },
        longSequences: 'windows',
        windowOverlap: 20,
        zeroRowMeaning: 'nothing',
      }),
    ),
  );
  const source = await resolveModel(folder);
  expect(source).toMatchObject({
    name: 'mine',
    alphabet: 'dna',
    maxTokens: 100,
    batchTokens: 999,
    windows: { residues: 300, overlap: 20 },
    zeroRowMeaning: 'nothing',
    recipe: { output: { name: 'hidden_states.2', pooling: 'mean_tokens' } },
  });
  const asked = { pooling: 'max', longSequences: 'truncate', output: 'last_hidden_state' } as const;
  const other = await resolveModel(folder, asked);
  expect(other).toMatchObject({
    maxResidues: 300,
    recipe: { output: { name: 'last_hidden_state', pooling: 'max' } },
  });
  expect(other.windows).toBeUndefined();
});

const LAYERS = {
  last_hidden_state: ['float32', ['n', 'tokens', 64]],
  small: ['float32', ['n', 'tokens', 48]],
} as const;
const NAMES = Array.from({ length: 64 }, (_, i) => `c${i}`);

test.each<[string, Json]>([
  ['the default one', {}],
  ['the one it names', { output: { name: 'last_hidden_state' } }],
  ['and its dimension', { dim: 64 }],
])(
  'columns beside an export belong to its own output, %s; another output has its own dimension and no columns',
  async (_, more) => {
    const folder = await changed(all(regraph(ALL_INPUTS, LAYERS), beside({ columns: NAMES, ...more })));
    for (const overrides of [{}, { output: 'last_hidden_state' }])
      expect(await resolveModel(folder, overrides)).toMatchObject({ dim: 64, columns: NAMES });
    const other = await resolveModel(folder, { output: 'small' });
    expect(other).toMatchObject({ dim: 48, recipe: { output: { name: 'small' } } });
    expect(other.columns).toBeUndefined();
    // Nor does an output of the same dimension take them over.
    const same = await changed(beside({ columns: NAMES, ...more }));
    expect((await resolveModel(same, { output: 'hidden_states.2' })).columns).toBeUndefined();
  },
);

test('without a default output, columns belong to the requested one', async () => {
  const outputs = { a: LAYERS.last_hidden_state, b: LAYERS.last_hidden_state };
  const folder = await changed(all(regraph(ALL_INPUTS, outputs), beside({ columns: NAMES })));
  await expect(resolveModel(folder)).rejects.toThrow(/output\.name in holdfast\.json/);
  expect((await resolveModel(folder, { output: 'b' })).columns).toEqual(NAMES);
});

test('unnamed dynamic axes, and axes that an exporter wrote as -1, are not fixed', async () => {
  const inputs = { input_ids: ['int64', ['', '']], attention_mask: ['int64', [-1, -1]] } as const;
  const { recipe } = await resolveModel(await changed(regraph(inputs, HIDDEN)));
  expect(recipe.inputs).toEqual({ ids: 'input_ids', mask: 'attention_mask' });
});

test('pooling and output can be overridden if the graph provides them', async () => {
  const source = await resolveModel(fixture('tiny_esm2'), { pooling: 'cls' });
  const model = await loadModel(source);
  const mean = await loadModel(await resolveModel(fixture('tiny_esm2')));
  const sequence = [bytes('MKTAYIAK')];
  expect(await model.embed(sequence)).not.toEqual(await mean.embed(sequence));
  await expect(resolveModel('tnf', { pooling: 'mean' })).rejects.toMatchObject({ code: 'model_mismatch' });
  await model.release();
  await mean.release();
});

test('a vocabulary with a duplicate token, and too few column names, are refused', async () => {
  const twice = await copyOf(fixture('tiny_esm2'));
  const vocabulary = await readFile(join(twice, 'vocab.txt'), 'utf8');
  await writeFile(join(twice, 'vocab.txt'), vocabulary.replace('\nB\n', '\nA\n'));
  await expect(resolveModel(twice)).rejects.toThrow(/has A in line 6 and again in line/);
  const few = await copyOf(fixture('tiny_esm2'));
  await writeFile(join(few, 'holdfast.json'), JSON.stringify({ format: 1, columns: ['a'] }));
  await expect(resolveModel(few)).rejects.toThrow(/names 1 columns, but a row of 'last_hidden_state' has 32/);
});
