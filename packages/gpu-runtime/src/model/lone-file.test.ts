import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, folderWith } from '../../test/support.js';
import { resolveModel } from '../resolve-model.js';

const ALONE =
  /is a graph, which does not say how residues become its tokens; give its folder, with the files of the model beside it: config\.json, and vocab\.txt \(ESM\) or tokenizer\.json with tokenizer_config\.json; or a holdfast\.json/;

const refusal = (path: string) =>
  resolveModel(path).then(
    () => 'accepted',
    (error: Error) => error.message,
  );

test('a graph alone: the error says which files belong beside it', async () => {
  expect(await refusal(join(await folderWith({ 'model.onnx': 'graph' }), 'model.onnx'))).toMatch(ALONE);
});

test('a graph with its model beside it, or above it: the error says which folder to give', async () => {
  const folder = fixture('tiny_esm2');
  expect(await refusal(join(folder, 'model.onnx'))).toMatch(
    new RegExp(`; give the folder of the model: ${folder}$`),
  );
  const hub = await folderWith({ 'holdfast.json': '{}', 'config.json': '{}' });
  for (const place of ['onnx', 'other']) {
    await mkdir(join(hub, place));
    await writeFile(join(hub, place, 'model.onnx'), 'graph');
  }
  expect(await refusal(join(hub, 'onnx', 'model.onnx'))).toMatch(
    new RegExp(`; give the folder of the model: ${hub}$`),
  );
  // Only exporters' own folder is known to belong to the one above.
  expect(await refusal(join(hub, 'other', 'model.onnx'))).toMatch(ALONE);
});

test('another file', async () => {
  expect(await refusal(join(fixture('tiny_esm2'), 'config.json'))).toMatch(
    /config\.json: is not a file of a model; give a file of weights \(\.pt, \.pth or \.safetensors\), or the folder of the model$/,
  );
});

test('the folder that an exporter put the graph in: the error says which one to give', async () => {
  const hub = await folderWith({ 'config.json': '{}' });
  await mkdir(join(hub, 'onnx'));
  await writeFile(join(hub, 'onnx', 'model.onnx'), 'graph');
  expect(await refusal(join(hub, 'onnx'))).toMatch(
    new RegExp(`has neither .*; give the folder above it, which has config\\.json: ${hub}$`),
  );
});

test('a folder with weights that are read as they are: the error names the file', async () => {
  const folder = await folderWith({ 'esm2-contact-regression.pt': 'a', 'esm2.pt': 'b' });
  expect(await refusal(folder)).toMatch(/has neither .*, but esm2\.pt; give that file: .*\/esm2\.pt$/);
});
