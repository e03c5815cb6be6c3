import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../test/support.js';
import { automaticDevices, CPU, formatDevice, parseDevice } from './device/device.js';
import type { EmbeddingModel } from './embedding-model.js';
import { loadModel } from './load-model.js';
import type { ModelSource } from './model-source.js';
import { tryDevice } from './onnx/onnx-runtime.js';
import { resolveModel } from './resolve-model.js';
import { batchTokensOn } from './sequences/batch-tokens.js';
import { tokensAreExact, tokensOf } from './sequences/tokens-of.js';
import { withinBudget } from './sequences/windows.js';
import { allowedResidues } from './tokens/alphabet.js';
import { letterRules } from './tokens/letter-rules.js';
import { tokenCounts } from './tokens/token-counts.js';

let source: ModelSource;
let model: EmbeddingModel;
beforeAll(async () => {
  source = await resolveModel('tnf');
  model = await loadModel(source);
});
afterAll(() => model.release());

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
type Any = any;
const notObjects = [null, 5, 'windows', [], new Map()];
const notWhole = [-1, 0.5, Number.NaN, '5', null, 5n];
const esm = fixture('tiny_esm2');
const resolve = (overrides: Any) => resolveModel(esm, overrides);
const load = (options: Any) => loadModel(source, options);
const residues = [Buffer.from('ACGT')];
const embed = (options: Any) => model.embed(residues, options);

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['nameOrPath', [undefined, null, 5, {}], (name) => resolveModel(name)],
  ['', notObjects, resolve],
  ['pooling', ['avg', 'Mean', null, true, ['mean']], (pooling) => resolve({ pooling })],
  ['longSequences', ['split', 'window', true, null], (longSequences) => resolve({ longSequences })],
  ['windowOverlap', notWhole, (windowOverlap) => resolve({ longSequences: 'windows', windowOverlap })],
  ['windowOverlap', [0, 5], (windowOverlap) => resolve({ windowOverlap })],
  ['windowOverlap', [5], (windowOverlap) => resolve({ longSequences: 'truncate', windowOverlap })],
  ['output', [5, '', ' ', null], (output) => resolve({ output })],
  ['normalize', [true, undefined], (normalize) => resolve({ normalize })],
  ['layer', ['h.6'], (layer) => resolve({ layer })],
  ['pooling', ['avg'], (pooling) => resolve(Object.create({ pooling }))],
  ['Pooling', ['mean'], (Pooling) => resolve(Object.create({ Pooling }))],
  ['source', ['tnf', null, {}, 5], (wrong) => loadModel(wrong)],
  ['', notObjects, load],
  ['threads', [2], (threads) => load({ threads })],
  ['intraOpThreads', [0, 1025, ...notWhole], (intraOpThreads) => load({ intraOpThreads })],
  ['device', ['cuda', null, 5], (device) => load({ device })],
  ['device.kind', ['gpu', undefined, 'constructor'], (kind) => load({ device: { kind, index: null } })],
  ['device.index', ['0', -1, 0.5, undefined], (index) => load({ device: { kind: 'cuda', index } })],
  ['device.idx', [0], (idx) => load({ device: { kind: 'cuda', index: 0, idx } })],
  ['', notObjects, embed],
  ['windowTokens', [-1, Number.NaN, '5', null], (windowTokens) => embed({ windowTokens })],
  ['onTruncated', [5, {}, null], (onTruncated) => embed({ onTruncated })],
  ['ontruncated', [() => 1], (ontruncated) => embed({ ontruncated })],
  ['device', ['cpu', undefined], (device) => tryDevice(device)],
  ['device.kind', ['abacus'], (kind) => tryDevice({ kind, index: null })],
  ['builtIn', ['probe', 5], (builtIn) => tryDevice({ kind: 'cpu', index: null }, builtIn)],
  ['alphabet', ['rna', undefined, 'constructor'], async (alphabet) => allowedResidues(alphabet)],
  ['residues', notWhole, async (length) => tokensOf(source, length)],
  ['budget', [-1, Number.NaN, '5', undefined], async (budget) => withinBudget([1], budget)],
  ['tokens', [undefined, null, 5, '12', {}], async (tokens) => withinBudget(tokens, 5)],
  ['tokens[1]', [Number.NaN, -1, undefined, 'x'], async (count) => withinBudget([1, count], 5)],
  ['source', [undefined, null, 5, 'tnf', {}, []], async (wrong) => tokensOf(wrong, 5)],
  [
    'source',
    [
      { specialTokens: '2' },
      { maxResidues: Number.NaN },
      { maxTokens: '5' },
      { windows: {} },
      { windows: null },
    ],
    async (change) => tokensOf({ ...source, ...change }, 5),
  ],
  ['source', [undefined, null, 5, 'tnf', {}], async (wrong) => tokensAreExact(wrong)],
  ['source', [undefined, null, 5, 'tnf', {}], async (wrong) => batchTokensOn(wrong, CPU)],
  ['device.kind', [undefined, null, 5, 'cpu', {}], async (device) => batchTokensOn(source, device)],
  ['source', [undefined, null, 5, 'tnf', {}, { recipe: {} }], async (wrong) => letterRules(wrong)],
  ['source', [{ alphabet: 'rna' }, { recipe: {} }], async (change) => letterRules({ ...source, ...change })],
  ['source', [undefined, null, 5, 'tnf', {}, { recipe: {} }], async (wrong) => tokenCounts(wrong, residues)],
  ['device', [undefined, null, 5, 'cpu'], async (device) => formatDevice(device)],
  ['device.kind', [undefined, 'gpu', 5], async (kind) => formatDevice({ kind, index: null })],
  ['device.index', [undefined, '0', -1], async (index) => formatDevice({ kind: 'cuda', index })],
  ['text', [undefined, null, 5, CPU, 'gpu', 'auto', 'cpu:0'], async (text) => parseDevice(text)],
  ['listed', [undefined, null, 5, 'cpu', {}], async (listed) => automaticDevices(listed)],
  ['listed[0]', [undefined, 5, CPU], async (name) => automaticDevices([name])],
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
});

test('the error for an unknown value or name lists the choices', async () => {
  await expect(resolve({ pooling: 'avg' })).rejects.toThrow(
    "resolveModel: pooling is \"avg\"; it must be 'none', 'mean', 'mean_tokens', 'cls' or 'max'",
  );
  await expect(resolve({ longSequence: 'windows' })).rejects.toThrow(
    'resolveModel: unknown option `longSequence`; did you mean `longSequences`?',
  );
  await expect(resolve({ windowOverlap: 5 })).rejects.toThrow(/long sequences are truncated/);
});

test.each([
  [
    'gpu',
    'device is "gpu"; it must be the result of parseDevice(\'cuda:0\'); devices are cpu, cuda[:N], tensorrt[:N]',
  ],
  ['cuda:1', 'device is "cuda:1"; it must be the result of parseDevice(\'cuda:1\');'],
])('the device name %s is refused with the call that parses it', async (device, message) => {
  await expect(load({ device })).rejects.toThrow(`loadModel: ${message}`);
});

test('options that are undefined are as good as absent', async () => {
  const given = { pooling: undefined, longSequences: undefined, windowOverlap: undefined, output: undefined };
  expect((await resolve(given)).fingerprint).toBe((await resolveModel(esm)).fingerprint);
  await (await load({ intraOpThreads: undefined, device: undefined })).release();
  expect(await embed({ windowTokens: undefined, onTruncated: undefined })).toEqual(
    await model.embed(residues),
  );
});
