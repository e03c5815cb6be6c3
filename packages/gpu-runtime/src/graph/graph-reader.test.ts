import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { InferenceSession } from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { fixture, folderWith, graph, inPackage } from '../../test/support.js';
import { ModelError } from '../model-error.js';
import { readGraph } from './graph-reader.js';

test.each(['test/fixtures/dna_encoder', 'test/fixtures/tiny_esm2', 'models/tnf', 'models/aac'])(
  'it reads the same from %s as ONNX Runtime reports',
  async (folder) => {
    const path = inPackage(join(folder, 'model.onnx'));
    const session = await InferenceSession.create(path);
    const { inputs, outputs } = readGraph(path);
    expect(inputs).toEqual(session.inputMetadata);
    expect(outputs).toEqual(session.outputMetadata);
    await session.release();
  },
);

test('weights that an older graph lists among its inputs are not inputs', async () => {
  const path = join(await folderWith(), 'model.onnx');
  const file = await graph(
    { ids: ['int32', ['n']], weight: ['int32', [1]] },
    { rows: ['float32', []] },
    ({ constant, INT32 }) => [constant('weight', INT32, [1], [7])],
  );
  await writeFile(path, file);
  expect(readGraph(path)).toEqual({
    inputs: [{ name: 'ids', isTensor: true, type: 'int32', shape: ['n'] }],
    outputs: [{ name: 'rows', isTensor: true, type: 'float32', shape: [] }],
    weightFiles: [],
  });
});

let intact: Buffer;
beforeAll(async () => {
  intact = await readFile(join(fixture('tiny_esm2'), 'model.onnx'));
});

test('a file that lacks its last byte is refused', async () => {
  const path = join(await folderWith({ 'model.onnx': intact.subarray(0, -1) }), 'model.onnx');
  expect(() => readGraph(path)).toThrow(/ends too early/);
});

test('a damaged file is read, or refused as damaged, whatever the damage', async () => {
  const path = join(await folderWith(), 'model.onnx');
  const size = intact.byteLength;
  const damage = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(255)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(size), async (bytes, end) => {
      const copy = Buffer.from(intact);
      for (const [at, byte] of bytes) copy[at] = byte;
      await writeFile(path, copy.subarray(0, end));
      try {
        readGraph(path);
      } catch (error) {
        expect(error).toBeInstanceOf(ModelError);
        expect(error).toMatchObject({ code: 'model_load', path });
      }
    }),
    { numRuns: 300 },
  );
});
