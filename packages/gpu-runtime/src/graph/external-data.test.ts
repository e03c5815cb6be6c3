import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { block, folderWith, graph, outside } from '../../test/support.js';
import { ModelError } from '../model-error.js';
import { readGraph } from './graph-reader.js';

const IDS = { ids: ['int32', ['n']] } as const;
const ROWS = { rows: ['float32', ['n']] } as const;

async function filesOf(file: Buffer): Promise<readonly string[]> {
  return readGraph(join(await folderWith({ 'model.onnx': file }), 'model.onnx')).weightFiles;
}

test('it finds the file that ONNX Runtime reads', async () => {
  const file = await graph(IDS, ROWS, ({ node }) => [
    node('Cast', ['ids'], 'numbers', { to: 1 }),
    node('Add', ['numbers', 'weight'], 'rows'),
    block(5, outside('weight', 'my weights.bin')),
  ]);
  const weights = Buffer.from(Float32Array.of(0.5).buffer);
  const folder = await folderWith({
    'model.onnx': file,
    'my weights.bin': weights,
    'model.onnx.data': weights,
  });
  const path = join(folder, 'model.onnx');
  expect(readGraph(path).weightFiles).toEqual(['my weights.bin']);
  const session = await InferenceSession.create(path);
  const { rows } = await session.run({ ids: new Tensor('int32', Int32Array.of(1, 2), [2]) });
  expect([...(rows!.data as Float32Array)]).toEqual([1.5, 2.5]);
  await session.release();
  await rm(join(folder, 'my weights.bin'));
  await expect(InferenceSession.create(path)).rejects.toThrow();
});

const tensor = outside('w', 'w.bin');
/** A node with an attribute. */
const node = (...attribute: Buffer[]) => block(1, block(5, ...attribute));
test.each<[string, Buffer]>([
  ['a weight', block(5, tensor)],
  ['a sparse weight’s values', block(15, block(1, tensor))],
  ['a node’s constant', node(block(5, tensor))],
  ['one of a node’s constants', node(block(10, tensor))],
  ['the branch of a condition', node(block(6, block(5, tensor)))],
  ['a branch’s branch', node(block(11, node(block(6, node(block(5, tensor))))))],
])('a tensor is found anywhere: %s', async (_, part) => {
  expect(await filesOf(await graph(IDS, ROWS, () => [part]))).toEqual(['w.bin']);
});

test('a tensor is found in a function of the model', async () => {
  const inner = node(block(5, tensor));
  // Fields of the model and of the function: 25 and 7.
  const nodes = Buffer.concat([Buffer.from([7 * 8 + 2]), inner.subarray(1)]);
  const functions = Buffer.concat([Buffer.from([0xca, 1, nodes.byteLength]), nodes]);
  expect(await filesOf(Buffer.concat([await graph(IDS, ROWS), functions]))).toEqual(['w.bin']);
});

test('each file once, sorted, however its name is written; tensors inside the graph name none', async () => {
  const names = ['b.bin', './a.bin', 'a.bin', 'sub/../b.bin'];
  const own = block(5, block(8, 'own'), block(13, block(1, 'location'), block(2, 'none.bin')));
  const parts = [...names.map((name) => block(5, outside('w', name))), own];
  expect(await filesOf(await graph(IDS, ROWS, () => parts))).toEqual(['a.bin', 'b.bin']);
});

test.each<[string, () => Buffer[], RegExp]>([
  [
    'an external weight without a file name',
    () => [block(5, Buffer.from([14 * 8, 1]))],
    /does not name the file/,
  ],
  [
    'endlessly nested graphs',
    () => {
      let graph = Buffer.alloc(0);
      const wrap = (field: number, content: Buffer) => {
        const length = Buffer.from([(content.byteLength & 127) | 128, (content.byteLength >> 7) & 127]);
        return Buffer.concat([Buffer.from([field * 8 + 2]), length, content]);
      };
      for (let depth = 0; depth < 200; depth++) graph = wrap(1, wrap(5, wrap(6, graph)));
      return [graph];
    },
    /too deep/,
  ],
])('%s: refused', async (_, parts, message) => {
  const path = join(await folderWith(), 'model.onnx');
  await writeFile(path, await graph(IDS, ROWS, parts));
  const read = () => readGraph(path);
  expect(read).toThrow(ModelError);
  expect(read).toThrow(message);
});
