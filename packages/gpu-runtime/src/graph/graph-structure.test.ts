import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../../test/support.js';
import { readingModel } from './graph-reader.js';
import { readStructure } from './graph-structure.js';
import { block, whole } from './protobuf.js';

async function structureOf(...graph: Buffer[]) {
  const folder = await folderWith({ 'model.onnx': block(7, ...graph) });
  return readingModel(join(folder, 'model.onnx'), readStructure);
}

test('operators have the names of their domains, unless these are those of ONNX and ONNX Runtime', async () => {
  const node = (domain: string) => block(1, block(1, 'x'), block(2, 'y'), block(4, 'Add'), block(7, domain));
  const { nodes } = await structureOf(...['', 'ai.onnx', 'com.microsoft', 'my.domain'].map(node));
  expect(nodes.map(({ operator }) => operator)).toEqual(['Add', 'Add', 'Add', 'my.domain.Add']);
});

test('Gemm says whether its weight is transposed', async () => {
  const gemm = (name: string, value: number) =>
    block(1, block(4, 'Gemm'), block(5, block(1, name), whole(3, value), whole(20, 2)));
  const { nodes } = await structureOf(gemm('transB', 1), gemm('transB', 0), gemm('transA', 1));
  expect(nodes.map(({ transposed }) => transposed)).toEqual([true, false, false]);
});

test('shapes of weights and constants, one number after the other or packed', async () => {
  const tensor = (...shape: Buffer[]) => Buffer.concat([...shape, whole(2, 10), block(8, 'w')]);
  const [single, packed] = [tensor(whole(1, 300), whole(1, 4)), tensor(block(1, Buffer.from([0xac, 2, 4])))];
  for (const each of [single, packed]) {
    const { weights, constants } = await structureOf(
      block(5, each),
      block(1, block(2, 'c'), block(4, 'Constant'), block(5, block(1, 'value'), block(5, each))),
    );
    expect(weights.get('w')).toMatchObject({ name: 'w', type: 10, shape: [300, 4] });
    expect(constants.get('c')).toEqual({ type: 10, shape: [300, 4] });
  }
});
