import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseFiles } from './choose-files.js';

test.each<[string, string[], string[] | null]>([
  ['safetensors rather than bin', ['pytorch_model.bin', 'model.safetensors'], ['model.safetensors']],
  [
    'shards before their index',
    ['model.safetensors.index.json', 'model-00002-of-00002.safetensors', 'model-00001-of-00002.safetensors'],
    ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json'],
  ],
  [
    'no shards that are incomplete',
    ['model.safetensors.index.json', 'model-00001-of-00002.safetensors'],
    null,
  ],
  ["ESM C's own file", ['data/weights/esmc.pth'], ['data/weights/esmc.pth']],
  [
    'a graph after its data',
    ['onnx/model.onnx', 'onnx/model.onnx_data'],
    ['onnx/model.onnx_data', 'onnx/model.onnx'],
  ],
  ['no graph where there are weights', ['onnx/model.onnx', 'pytorch_model.bin'], ['pytorch_model.bin']],
  [
    'what belongs to it, first',
    ['model.safetensors', 'config.json', 'run.py'],
    ['config.json', 'model.safetensors'],
  ],
  ['nothing without weights', ['config.json', 'vocab.txt'], null],
])('%s', (_, names, chosen) => {
  expect(chooseFiles(names)).toEqual(chosen);
});

test('no name that a hub could send leads out of the folder', () => {
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'data',
    'weights',
    'a.pth',
    'model.onnx',
    'model.onnx_data',
    '/etc',
    'onnx',
  );
  fc.assert(
    fc.property(fc.array(fc.array(part).map((parts) => parts.join('/'))), (names) => {
      for (const name of chooseFiles(names) ?? []) expect(name.split('/')).not.toContain('..');
    }),
  );
});
