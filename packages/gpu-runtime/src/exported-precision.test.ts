import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, fixture } from '../test/support.js';
import { readingModel } from './graph/graph-reader.js';
import { readStructure } from './graph/graph-structure.js';
import { withOneOutput } from './graph/one-output.js';
import type { Precision } from './model/precision.js';
import { resolveModel } from './resolve-model.js';

const HUB = fixture('masked_lm');

test.each<[Precision, string, true | undefined, 'int8' | undefined]>([
  ['fp32', 'model.onnx', undefined, undefined],
  ['fp16', 'model_fp16.onnx', undefined, undefined],
  ['int8', 'model_quantized.onnx', true, 'int8'],
])('an export as the hub has it, in %s', async (precision, name, singly, compared) => {
  const source = await resolveModel(HUB, { precision });
  expect(source.modelPath).toBe(join(HUB, 'onnx', name));
  expect(source.recipe.singly).toBe(singly);
  expect(source.precision).toBe(compared);
  expect(source.notes).toHaveLength(1);
});

test('each precision has a fingerprint of its own; fp32 is the default', async () => {
  const of = async (precision?: Precision) => (await resolveModel(HUB, { precision })).fingerprint;
  expect(await of('fp32')).toBe(await of());
  expect(new Set([await of(), await of('fp16'), await of('int8')]).size).toBe(3);
});

test('without a float32 graph, a note says that int8 was not compared with it', async () => {
  const folder = await copyOf(HUB);
  await rm(join(folder, 'onnx', 'model.onnx'));
  const source = await resolveModel(folder, { precision: 'int8' });
  expect(source.precision).toBeUndefined();
  expect(source.notes).toEqual([
    expect.stringMatching(/^model_quantized\.onnx gives only logits/),
    'the folder has no float32 graph, so it was not measured what int8 costs',
  ]);
});

test('an int8 graph that gives its hidden state takes one sequence a call too', async () => {
  const folder = await copyOf(HUB);
  await mkdir(join(folder, 'onnx'), { recursive: true });
  const modelPath = join(folder, 'onnx', 'model_quantized.onnx');
  const kept = join(folder, 'onnx', 'kept.bin');
  await cp(modelPath, kept);
  const graph = readingModel(kept, (bytes) =>
    withOneOutput(bytes, readStructure(bytes), {
      output: {
        value: '/model/esm/encoder/emb_layer_norm_after/Add_1_output_0',
        name: 'last_hidden_state',
        type: 1,
        shape: ['n', 'tokens', 8],
      },
      modelPath: kept,
      locationOf: () => 'kept.bin',
    }),
  );
  await writeFile(modelPath, graph);
  const source = await resolveModel(folder, { precision: 'int8' });
  expect(source.built).toBeUndefined();
  expect(source.recipe).toMatchObject({ inputs: { mask: 'attention_mask' }, singly: true });
  // Whatever its name is.
  await cp(modelPath, join(folder, 'onnx', 'model.onnx'));
  expect((await resolveModel(folder)).recipe.singly).toBe(true);
});
