import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { embed } from './embed.js';

// biome-ignore lint/suspicious/noExplicitAny: plain JavaScript may pass anything.
type Any = any;
const stop = () => ({ signal: new AbortController().signal });
const notObjects = [null, undefined, 5, 'x', [], new Map()];
const not1OrMore = [0, -1, 0.5, Number.NaN, '5', null];
const notAbove0 = [0, -1, Number.NaN, '5', null];

let folder: string;
const call = async (changes: Any, report: Any = () => undefined, at: Any = stop()) => {
  folder = await mkdtemp(join(tmpdir(), 'embed-'));
  const out = join(folder, 'out');
  const options = { inputs: ['a.fa'], out, model: 'tnf', format: 'npy', forceRestart: false, ...changes };
  return embed(options, report, at);
};

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['', notObjects, (options) => embed(options, () => undefined, stop())],
  ['inputs', [undefined, 'a.fa', null], (inputs) => call({ inputs })],
  ['inputs[0]', [5, '', null], (input) => call({ inputs: [input] })],
  ['out', [undefined, '', 5], (out) => call({ out })],
  ['model', [undefined, ' ', 5], (model) => call({ model })],
  ['overrides', [5, 'max', null], (overrides) => call({ overrides })],
  ['pooling', ['avg'], (pooling) => call({ overrides: { pooling } })],
  ['layer', ['h'], (layer) => call({ overrides: { layer } })],
  ['worker', [4], (worker) => call({ worker })],
  ['workers', [1025, ...not1OrMore], (workers) => call({ workers })],
  ['threads', [1025, ...not1OrMore], (threads) => call({ threads })],
  ['shards', not1OrMore, (shards) => call({ shards })],
  ['seqThreshold', not1OrMore, (seqThreshold) => call({ seqThreshold })],
  ['timeThresholdSec', notAbove0, (timeThresholdSec) => call({ timeThresholdSec })],
  ['stallTimeoutSec', notAbove0, (stallTimeoutSec) => call({ stallTimeoutSec })],
  ['graceSec', notAbove0, (graceSec) => call({ graceSec })],
  ['batchTokens', ['automatic', ...not1OrMore], (batchTokens) => call({ batchTokens })],
  ['translate', ['both', true], (translate) => call({ translate })],
  ['onBadRecord', ['ignore', true], (onBadRecord) => call({ onBadRecord })],
  ['id', ['', '(', 5], (id) => call({ id })],
  ['dedupeIds', ['first', true], (dedupeIds) => call({ dedupeIds })],
  ['keepGaps', ['yes', 1], (keepGaps) => call({ keepGaps })],
  ['stripStop', ['yes', 1], (stripStop) => call({ stripStop })],
  ['device', ['cpu', 5], (device) => call({ device })],
  ['device.index', ['0'], (index) => call({ device: { kind: 'cuda', index } })],
  ['maxQuarantined', [5, '1%'], (maxQuarantined) => call({ maxQuarantined })],
  ['maxQuarantined.count', [-1, 0.5], (count) => call({ maxQuarantined: { count } })],
  ['retryQuarantined', ['yes', 1], (retryQuarantined) => call({ retryQuarantined })],
  ['format', [undefined, 'csv'], (format) => call({ format })],
  ['forceRestart', [undefined, 'yes', 1], (forceRestart) => call({ forceRestart })],
  ['report', ['x', null], (report) => call({}, report)],
  ['stop', [null, 5], (at) => call({}, undefined, at)],
  ['stop.now', [null, {}], (now) => call({}, undefined, { ...stop(), now })],
  ['stop.signal', [undefined, {}], (signal) => call({}, undefined, { signal })],
])('%s that is one of %o is refused by name, and nothing is made', async (option, values, use) => {
  for (const value of values) {
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
    if (folder !== undefined) expect(await readdir(folder)).toEqual([]);
  }
});
