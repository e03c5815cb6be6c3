import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModel } from '../src/load-model.js';
import { ModelError } from '../src/model-error.js';
import { InferenceError } from '../src/onnx/inference-error.js';
import { resolveModel } from '../src/resolve-model.js';
import { bytes, copyOf, fixture, folderWith, graph, inPackage, made } from './support.js';

type Json = Record<string, unknown> & { tokens?: unknown };

/** The tnf folder with its descriptor changed. */
async function described(change: (descriptor: Json) => Json) {
  const folder = await copyOf(inPackage('models/tnf'));
  const path = join(folder, 'holdfast.json');
  const descriptor = JSON.parse(await readFile(path, 'utf8')) as Json;
  await writeFile(path, JSON.stringify(change(descriptor)));
  return resolveModel(folder);
}

test.each<[string, (descriptor: Json) => Json, RegExp]>([
  ['an input it lacks', (d) => ({ ...d, inputs: { ids: 'tokens' } }), /has unknown inputs: input_ids/],
  [
    'a mask it lacks',
    (d) => ({ ...d, inputs: { ids: 'input_ids', mask: 'mask' } }),
    /no input 'mask'; its inputs: input_ids/,
  ],
  [
    'another input type',
    (d) => ({ ...d, tokens: { ...(d.tokens as Json), type: 'int64' } }),
    /is int32, not int64/,
  ],
  [
    'an output it lacks',
    (d) => ({ ...d, output: { name: 'rows', pooling: 'none' } }),
    /its outputs: frequencies/,
  ],
  ['another dimension', ({ columns: _, ...d }) => ({ ...d, dim: 135 }), /have 136 numbers, not 135/],
])('a graph described with %s is refused before it is loaded', async (_, change, message) => {
  const error = await described(change)
    .then(loadModel)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'model_mismatch', message: expect.stringMatching(message) });
});

test('an output of another rank than described is refused', async () => {
  const error = await described((d) => ({ ...d, output: { name: 'frequencies', pooling: 'mean' } })).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code: 'model_mismatch',
    message: expect.stringContaining("has 2 dimensions, but pooling 'mean' takes 3"),
  });
});

test('a graph that ONNX Runtime refuses is reported with its error text', async () => {
  const tokens = ['int64', ['n', 'tokens']] as const;
  const folder = await copyOf(fixture('tiny_esm2'));
  const file = await graph(
    { input_ids: tokens, attention_mask: tokens },
    { last_hidden_state: ['float32', ['n', 'tokens', 32]] },
    ({ node }) => [node('NoSuchOperator', ['input_ids'], 'last_hidden_state')],
  );
  await writeFile(join(folder, 'model.onnx'), file);
  const error = await loadModel(await resolveModel(folder)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'model_load',
    path: join(folder, 'model.onnx'),
    message: expect.stringContaining('NoSuchOperator'),
  });
  expect((error as ModelError).cause).toBeInstanceOf(Error);
});

test('a graph of future operators is refused with ONNX Runtime’s error text', async () => {
  const tokens = ['int64', ['n', 'tokens']] as const;
  const folder = await copyOf(fixture('tiny_esm2'));
  const file = await graph(
    { input_ids: tokens, attention_mask: tokens },
    { last_hidden_state: ['float32', ['n', 'tokens', 32]] },
    ({ node, FLOAT }) => [node('Cast', ['input_ids'], 'last_hidden_state', { to: FLOAT })],
  );
  // The opset is the file's last byte, the IR version its second.
  for (const [at, message, remedy] of [
    [file.length - 1, /opset 99/i, /^re-export it with a lower opset$/],
    [1, /IR version: 99/, /^its IR version is 99, .* reads at most \d+/],
  ] as const) {
    const later = Buffer.from(file);
    later[at] = 99;
    await writeFile(join(folder, 'model.onnx'), later);
    const error = await loadModel(await resolveModel(folder)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'model_load',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  }
});

test('a batch whose dimension differs is refused', async () => {
  const folder = await folderWith({
    'model.onnx': await graph({ ids: ['int32', ['n', 'tokens']] }, { rows: ['float32', []] }, (to) => [
      to.node('Cast', ['ids'], 'rows', { to: to.FLOAT }),
    ]),
    'holdfast.json': {
      format: 1,
      name: 'wide',
      alphabet: 'dna',
      dim: 4,
      tokens: { type: 'int32', ids: { A: 1 }, other: 0, padding: 0 },
      inputs: { ids: 'ids' },
      output: { name: 'rows', pooling: 'none' },
    },
  });
  const model = await loadModel(await resolveModel(folder));
  expect([...(await model.embed([bytes('ACAC')]))]).toEqual([1, 0, 1, 0]);
  await expect(model.embed([bytes('ACACA')])).rejects.toMatchObject({
    code: 'model_mismatch',
    message: expect.stringContaining("returned 'rows' as float32 [1,5], not float32 [1,4]"),
  });
  await model.release();
});

test('real lack of memory is cuda_oom, and a smaller batch then works', async () => {
  const model = await loadModel(await resolveModel(await made('test/fixtures/make-hungry.mjs')));
  const error = await model.embed([bytes('AAAAAAAAA')]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InferenceError);
  expect(error).toMatchObject({ kind: 'cuda_oom', sequences: 1, tokens: 9 });
  expect([...(await model.embed([bytes('AAAAAAAA')]))]).toEqual([1, 1, 1, 1]);
  await model.release();
});

test('release waits for pending calls, may be repeated, and makes the model unusable', async () => {
  const model = await loadModel(await resolveModel('tnf'), { intraOpThreads: 2 });
  const rows = model.embed([bytes('ACGTACGT')]);
  await Promise.all([model.release(), model.release()]);
  expect(await rows).toHaveLength(136);
  await expect(model.embed([bytes('ACGT')])).rejects.toMatchObject({ code: 'model_released' });
});
