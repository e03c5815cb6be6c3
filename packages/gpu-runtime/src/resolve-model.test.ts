import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ESM2 } from '../test/esm2-vocabulary.js';
import {
  block,
  copyOf,
  fixture,
  folderWith,
  graph,
  inPackage,
  outside,
  UNKNOWN_FIELD,
} from '../test/support.js';
import { DEFAULT_MODEL } from './built-in.js';
import { ModelError } from './model-error.js';
import { resolveModel } from './resolve-model.js';

const descriptor = {
  format: 1,
  name: 'mine',
  alphabet: 'protein',
  dim: 3,
  tokens: { type: 'int64', ids: { A: 5, '*': 6 }, other: 7, padding: 0, prefix: [1, 2], suffix: [3] },
  inputs: { ids: 'x', mask: 'm' },
  output: { name: 'y', pooling: 'mean' },
  maxResidues: 100,
  zeroRowMeaning: 'nothing there',
  columns: ['a', 'b', 'c'],
};
let mine: Buffer;
beforeAll(async () => {
  const tokens = ['int64', ['n', 'tokens']] as const;
  mine = await graph({ x: tokens, m: tokens }, { y: ['float32', ['n', 'tokens', 3]] });
});
const refusal = (nameOrPath: string) => resolveModel(nameOrPath).catch((thrown: unknown) => thrown);

test('a built-in model is found by name from any working directory', async () => {
  const source = await resolveModel(DEFAULT_MODEL);
  expect(source).toMatchObject({ name: 'tnf', folder: inPackage('models/tnf'), batchTokens: 65536 });
  expect(source.fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

test('a folder with a descriptor', async () => {
  const folder = await folderWith({ 'holdfast.json': descriptor, 'model.onnx': mine });
  const source = await resolveModel(folder);
  expect(source).toMatchObject({
    name: 'mine',
    folder,
    modelPath: join(folder, 'model.onnx'),
    alphabet: 'protein',
    dim: 3,
    columns: ['a', 'b', 'c'],
    maxResidues: 100,
    specialTokens: 3,
    zeroRowMeaning: 'nothing there',
  });
  expect(['A', '*', 'B'].map((residue) => source.recipe.table[residue.charCodeAt(0)])).toEqual([5, 6, 7]);
});

test('a folder of ESM exported from Hugging Face', async () => {
  expect(await resolveModel(fixture('tiny_esm2'))).toMatchObject({
    name: 'tiny_esm2',
    alphabet: 'protein',
    dim: 32,
    maxResidues: 1022,
    specialTokens: 2,
  });
});

test('another output of a model with a descriptor has its own dimension and no columns', async () => {
  const tokens = ['int64', ['n', 'tokens']] as const;
  const layers = { y: ['float32', ['n', 'tokens', 3]], 'layer.1': ['float32', ['n', 'tokens', 5]] } as const;
  const file = await graph({ x: tokens, m: tokens }, layers);
  const folder = await folderWith({ 'holdfast.json': descriptor, 'model.onnx': file });
  const source = await resolveModel(folder, { output: 'layer.1' });
  expect(source).toMatchObject({ dim: 5, recipe: { output: { name: 'layer.1', pooling: 'mean' } } });
  expect(source.columns).toBeUndefined();
  const same = await resolveModel(folder, { output: 'y' });
  expect(same).toEqual(await resolveModel(folder));
});

test('a configuration without a longest sequence keeps every residue', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await writeFile(join(folder, 'config.json'), '{"model_type":"esm","hidden_size":32}');
  expect((await resolveModel(folder)).maxResidues).toBe(Number.POSITIVE_INFINITY);
});

test('the fingerprint depends on everything that changes results, and on nothing else', async () => {
  const tokens = ['int64', ['n', 'tokens']] as const;
  const graphOf = (file: string) =>
    graph({ x: tokens, m: tokens }, { y: ['float32', ['n', 'tokens', 3]] }, () => [
      block(5, outside('w', file)),
    ]);
  const file = await graphOf('model.onnx_data');
  const files = { 'holdfast.json': descriptor, 'model.onnx': file, 'model.onnx_data': 'weights' };
  const of = async (changed: Record<string, unknown>) =>
    (await resolveModel(await folderWith({ ...files, ...changed }))).fingerprint;
  const first = await of({});
  const same = [
    await of({}),
    await of({ 'README.md': 'words' }),
    await of({
      'model.onnx.bak': 'an older one',
      'model.onnx.swp': 'an editor’s',
      'model.onnx.data': 'none',
    }),
    await of({ 'holdfast.json': { ...descriptor, batchTokens: 5 } }),
    await of({ 'holdfast.json': JSON.stringify(descriptor, null, 4) }),
  ];
  expect(same).toEqual(same.map(() => first));
  const others = [
    await of({ 'model.onnx': Buffer.concat([file, UNKNOWN_FIELD]) }),
    await of({ 'model.onnx': await graphOf('other_data'), other_data: 'weights' }),
    await of({ 'model.onnx_data': 'weightz' }),
    await of({ 'model.onnx_data': Buffer.concat([UNKNOWN_FIELD, Buffer.from('weights')]) }),
    await of({ 'holdfast.json': { ...descriptor, maxResidues: 99 } }),
    await of({ 'holdfast.json': { ...descriptor, tokens: { ...descriptor.tokens, other: 8 } } }),
  ];
  expect(new Set([first, ...others]).size).toBe(7);
});

test('a missing weight file that the graph names is reported', async () => {
  const tokens = ['int64', ['n', 'tokens']] as const;
  const file = await graph({ x: tokens, m: tokens }, { y: ['float32', ['n', 'tokens', 3]] }, () => [
    block(5, outside('w', 'weights.bin')),
  ]);
  const folder = await folderWith({ 'holdfast.json': descriptor, 'model.onnx': file });
  expect(await refusal(folder)).toMatchObject({
    code: 'model_file_missing',
    path: join(folder, 'weights.bin'),
  });
});

test('a vocabulary in another order gives another fingerprint', async () => {
  const folder = await copyOf(fixture('tiny_esm2'));
  const before = (await resolveModel(folder)).fingerprint;
  await writeFile(join(folder, 'vocab.txt'), ESM2.toReversed().join('\n'));
  expect((await resolveModel(folder)).fingerprint).not.toBe(before);
});

test('a name of neither a built-in model nor a folder', async () => {
  const error = await refusal('no-such-model');
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'model_not_found', remedy: expect.stringContaining('tnf') });
});

test.each(['', ' '])('no name at all: "%s"', async (name) => {
  expect(await refusal(name)).toMatchObject({
    code: 'model_not_found',
    message: `'${name}': names no model; give a folder, or one of: tnf, aac`,
  });
});

test.each([
  // Its weights would do as well.
  ['model.onnx', 'model.safetensors'],
  ['vocab.txt', 'vocab.txt'],
])('a folder without %s', async (name, missing) => {
  const folder = await copyOf(fixture('tiny_esm2'));
  await rm(join(folder, name));
  expect(await refusal(folder)).toMatchObject({ code: 'model_file_missing', path: join(folder, missing) });
});

test('a folder with neither descriptor nor configuration', async () => {
  expect(await refusal(await folderWith({ 'model.onnx': mine }))).toMatchObject({
    code: 'model_unsupported',
    remedy: expect.stringContaining('holdfast.json'),
  });
});

test('another model type needs a tokenizer', async () => {
  const folder = await folderWith({ 'config.json': { model_type: 'bert' }, 'model.onnx': mine });
  expect(await refusal(folder)).toMatchObject({
    code: 'model_file_missing',
    path: join(folder, 'tokenizer.json'),
  });
});

test('models keep the fingerprints of earlier versions, so runs resume, unless their rows have changed', async () => {
  const of = async (nameOrPath: string) => (await resolveModel(nameOrPath)).fingerprint;
  expect(await of('tnf')).toBe('2b8396b7916bcef5aec9ea2830f938dd1e5317a43c6a43c3528d35f4b191e961');
  // Before adjacent unknown residues became one token: e95d3964…
  const esm = await of(fixture('tiny_esm2'));
  expect(esm).toBe('229c7e70635d20847b673c350e46b0c715fceca17c3012b99e18751a794d5979');
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['that is not JSON', { 'holdfast.json': '{' }, /is not JSON/],
  ['with a misspelt field', { 'holdfast.json': { ...descriptor, maxResidue: 3 } }, /maxResidue/],
  [
    'with a negative token',
    { 'holdfast.json': { ...descriptor, tokens: { ...descriptor.tokens, other: -1 } } },
    /tokens\.other/,
  ],
  [
    'with a residue of two letters',
    { 'holdfast.json': { ...descriptor, tokens: { ...descriptor.tokens, ids: { AC: 1 } } } },
    /tokens\.ids/,
  ],
  ['with too few columns', { 'holdfast.json': { ...descriptor, columns: ['a'] } }, /columns/],
  ['of a later format', { 'holdfast.json': { ...descriptor, format: 2 } }, /format/],
  [
    'whose vocabulary lacks a special token',
    { 'config.json': { model_type: 'esm', hidden_size: 3 }, 'vocab.txt': '<cls>\n<pad>\n<unk>' },
    /<eos>/,
  ],
])('a description %s', async (_, files, message) => {
  const error = await refusal(await folderWith({ 'model.onnx': mine, ...files }));
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'model_bad_json', message: expect.stringMatching(message) });
});

test.each([
  ['beside it', 'model_quantized.onnx'],
  ['in onnx/', join('onnx', 'model_quantized.onnx')],
  ['under the name of an optimizer', 'model_optimized.onnx'],
])(
  'for a graph %s under another name, the error shows how to choose it, and that works',
  async (_what, name) => {
    const folder = await copyOf(fixture('tiny_esm2'));
    await mkdir(join(folder, 'onnx'), { recursive: true });
    await rename(join(folder, 'model.onnx'), join(folder, name));
    const error = await resolveModel(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'model_file_missing',
      message: expect.stringContaining(`model.onnx: is missing, but the folder has ${name}; choose one: `),
    });
    const [, from, to] = /ln -s (\S+) (\S+)\)/.exec((error as ModelError).remedy)!;
    await symlink(from!, to!);
    expect(await resolveModel(folder)).toMatchObject({ dim: 32 });
  },
);
