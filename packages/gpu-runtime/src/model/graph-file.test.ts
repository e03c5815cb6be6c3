import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { folderWith } from '../../test/support.js';
import { graphIn, graphPlaces, noGraph } from './graph-file.js';
import { PRECISIONS, type Precision } from './precision.js';

/** A folder with these files, all empty. */
async function folderOf(...names: string[]): Promise<string> {
  const folder = await folderWith();
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '');
  }
  return folder;
}

const HUB = ['onnx/model.onnx', 'onnx/model_fp16.onnx', 'onnx/model_quantized.onnx', 'onnx/model_int8.onnx'];

test.each<[Precision, string]>([
  ['fp32', 'onnx/model.onnx'],
  ['fp16', 'onnx/model_fp16.onnx'],
  ['int8', 'onnx/model_quantized.onnx'],
])('the graph in %s of a folder of the hub is %s', async (precision, name) => {
  const folder = await folderOf(...HUB);
  expect(await graphIn(folder, precision)).toBe(join(folder, name));
});

test('float32 is the default', async () => {
  const folder = await folderOf(...HUB);
  expect(await graphIn(folder)).toBe(join(folder, 'onnx/model.onnx'));
});

test('the best place that is there counts, and graphs of other precisions never do', async () => {
  const all = PRECISIONS.flatMap((precision) => graphPlaces(precision));
  expect(new Set(all).size).toBe(all.length);
  await fc.assert(
    fc.asyncProperty(fc.subarray(all), fc.constantFrom(...PRECISIONS), async (there, precision) => {
      const folder = await folderOf(...there);
      const best = graphPlaces(precision).find((place) => there.includes(place));
      expect(await graphIn(folder, precision)).toBe(best && join(folder, best));
    }),
    { numRuns: 50 },
  );
});

test('if it is missing, the error lists what is there and names the precisions of these', async () => {
  const { message, code } = await noGraph(
    await folderOf('model.onnx', 'onnx/model_int8.onnx', 'x.onnx'),
    'fp16',
  );
  expect(code).toBe('model_file_missing');
  expect(message).toMatch(
    /model_fp16\.onnx: is missing, but the folder has model\.onnx, onnx\/model_int8\.onnx, x\.onnx; export it in fp16, or choose the precision of a graph that is there: fp32, int8$/,
  );
});

test('if only others are there, the error shows how to choose one', async () => {
  const folder = await folderOf('mine.onnx');
  expect((await noGraph(folder, 'int8')).message).toMatch(
    /has mine\.onnx; export it in int8, or link it to that name \(ln -s mine\.onnx \S+model_quantized\.onnx\)$/,
  );
});

test('many graphs are counted', async () => {
  const names = Array.from({ length: 11 }, (_, i) => `graph${i}.onnx`);
  expect((await noGraph(await folderOf(...names))).message).toMatch(/graph6\.onnx and 3 more; choose one/);
});

test('without any graph, the file is missing', async () => {
  expect((await noGraph(await folderOf('config.json'), 'fp16')).message).toMatch(
    /model_fp16\.onnx: is missing; copy the whole model folder$/,
  );
});
