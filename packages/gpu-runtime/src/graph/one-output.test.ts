import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type Encode, fixture, folderWith, graph } from '../../test/support.js';
import { readingModel } from './graph-reader.js';
import { readStructure } from './graph-structure.js';
import { type NewOutput, withOneOutput } from './one-output.js';
import { block, whole } from './protobuf.js';

const IDS = { ids: ['int32', ['n']] } as const;
const OUT = { out: ['float32', ['n']] } as const;
const FLOAT32 = 1;

/** The model in a folder, with a value as its output. */
function rewritten(folder: string, value: string, name = 'rows'): Buffer {
  const modelPath = join(folder, 'model.onnx');
  const output: NewOutput = { value, name, type: FLOAT32, shape: ['n'] };
  return readingModel(modelPath, (bytes) =>
    withOneOutput(bytes, readStructure(bytes), {
      output,
      modelPath,
      locationOf: (file) => file ?? 'model.onnx',
    }),
  );
}

async function folderOf(...of: Parameters<typeof graph>): Promise<string> {
  return folderWith({ 'model.onnx': await graph(...of) });
}

/** What the rewritten model gives for [2, 3], loaded from its bytes. */
async function run(folder: string, model: Uint8Array, name = 'rows'): Promise<number[]> {
  const session = await InferenceSession.create(model, {
    logSeverityLevel: 4,
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  });
  try {
    expect(session.inputNames).toEqual(['ids']);
    expect(session.outputNames).toEqual([name]);
    const outputs = await session.run({ ids: new Tensor('int32', Int32Array.of(2, 3), [2]) });
    return [...(outputs[name]!.data as Float32Array)];
  } finally {
    await session.release();
  }
}

/** Numbers as the bits that a graph has of them. */
const bits = (numbers: readonly number[]) => [...new Int32Array(Float32Array.from(numbers).buffer)];

const cast = ({ node }: Encode) => node('Cast', ['ids'], 'numbers', { to: FLOAT32 });

test('a value inside the graph becomes its output, and what it does not need is left out', async () => {
  const folder = await folderOf(IDS, OUT, (encode) => [
    cast(encode),
    encode.node('Add', ['numbers', 'numbers'], 'twice'),
    encode.node('Mul', ['twice', 'left_out'], 'out'),
    encode.constant('left_out', encode.FLOAT, [1], bits([7])),
  ]);
  const model = rewritten(folder, 'twice');
  expect(model.includes('left_out')).toBe(false);
  expect(await run(folder, model)).toEqual([4, 6]);
  expect(await run(folder, rewritten(folder, 'twice', 'twice'), 'twice')).toEqual([4, 6]);
});

test('weights that an older graph lists among its inputs need not be fed', async () => {
  const inputs = { ...IDS, kept: ['float32', [1]], left_out: ['float32', [1]] } as const;
  const folder = await folderOf(inputs, OUT, (encode) => [
    cast(encode),
    encode.node('Add', ['numbers', 'kept'], 'more'),
    encode.node('Mul', ['more', 'left_out'], 'out'),
    encode.constant('kept', encode.FLOAT, [1], bits([5])),
    encode.constant('left_out', encode.FLOAT, [1], bits([7])),
  ]);
  expect(await run(folder, rewritten(folder, 'more'))).toEqual([7, 8]);
});

test('what the branches of a condition take from the graph around them is kept', async () => {
  const branch = (operator: string) =>
    Buffer.concat([
      block(1, block(1, 'numbers'), block(1, 'one'), block(2, 'result'), block(4, operator)),
      block(2, operator),
      block(12, block(1, 'result'), block(2, block(1, whole(1, FLOAT32)))),
    ]);
  const branches = ['then_branch', 'else_branch'].map((name, i) =>
    block(5, block(1, name), block(6, branch(i === 0 ? 'Add' : 'Sub')), whole(20, 5)),
  );
  const folder = await folderOf(IDS, OUT, (encode) => [
    cast(encode),
    encode.node('Cast', ['flag'], 'condition', { to: 9 }),
    block(1, block(1, 'condition'), block(2, 'chosen'), block(4, 'If'), ...branches),
    encode.node('Neg', ['chosen'], 'out'),
    encode.constant('flag', encode.INT32, [1], [1]),
    encode.constant('one', encode.FLOAT, [1], bits([1])),
  ]);
  expect(await run(folder, rewritten(folder, 'chosen'))).toEqual([3, 4]);
});

test('a large weight stays in the file of the model, at its place', async () => {
  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  const folder = await folderOf(IDS, OUT, (encode) => [
    encode.node('Gather', ['table', 'ids'], 'found'),
    encode.node('Neg', ['found'], 'out'),
    encode.constant('table', encode.FLOAT, [1000], bits(numbers)),
  ]);
  const model = rewritten(folder, 'found');
  expect(model.length).toBeLessThan(500);
  expect(await run(folder, model)).toEqual([2, 3]);
});

test('the order in which nodes are known does not matter', () => {
  const modelPath = join(fixture('masked_lm'), 'fused.onnx');
  readingModel(modelPath, (bytes) => {
    const structure = readStructure(bytes);
    const value = '/model/esm/encoder/emb_layer_norm_after/LayerNormalization_output_0';
    const output = { value, name: 'rows', type: FLOAT32, shape: [8] };
    const write = (nodes: typeof structure.nodes) =>
      withOneOutput(bytes, { ...structure, nodes }, { output, modelPath, locationOf: () => 'file' });
    const expected = write(structure.nodes);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...structure.nodes], { minLength: structure.nodes.length }),
        (nodes) => {
          expect(write(nodes).equals(expected)).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });
});

test('too many weights that cannot stay in the file are refused before they are read', async () => {
  const folder = await folderWith();
  const path = join(folder, 'model.onnx');
  // A weight whose numbers are a list, which ends the file: a hole.
  const size = 600 * 2 ** 20;
  const varint = (value: number) => whole(1, value).subarray(1);
  const head = Buffer.concat([
    whole(1, size / 4),
    whole(2, FLOAT32),
    block(8, 'w'),
    Buffer.from([4 * 8 + 2]),
    varint(size),
  ]);
  const weight = Buffer.concat([Buffer.from([5 * 8 + 2]), varint(head.length + size), head]);
  const before = Buffer.concat([
    block(1, block(1, 'w'), block(2, 'hidden'), block(4, 'Identity')),
    block(12, block(1, 'logits')),
    weight,
  ]);
  const file = await open(path, 'w');
  await file.write(Buffer.concat([Buffer.from([7 * 8 + 2]), varint(before.length + size), before]));
  const { size: written } = await file.stat();
  await file.truncate(written + size);
  await file.close();
  expect(() => rewritten(folder, 'hidden')).toThrow(
    /stores more than 512 MiB of weights in a form that cannot stay.*save_as_external_data=True/,
  );
});
