// Writes a model folder whose rows are DIM sines of random sums over the first LENGTH letters: almost no work, and near rows for
// like sequences. usage: node make-projected.mjs FOLDER LENGTH DIM
import { mkdirSync } from 'node:fs';
import { writeModelFolder } from '../../apps/runner/test/fixtures/model-folder.mjs';
import {
  constant,
  FLOAT,
  INT32,
  INT64,
  input,
  model,
  node,
  output,
} from '../../packages/gpu-runtime/models/tnf/onnx-encode.mjs';

const [folder, ...sizes] = process.argv.slice(2);
const [length, dim] = sizes.map(Number);
let seed = 1;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32 - 0.5;
};
// In thousandths, since only whole numbers can be written as constants.
const weights = Array.from({ length: length * dim }, () => Math.round(random() * 250));
const bytes = model('projected', 18, [
  input('input_ids', INT32, ['batch', 'tokens']),
  output('rows', FLOAT, ['batch', dim]),
  constant('thousandths', INT32, [length, dim], weights),
  constant('thousand', INT32, [1], [1000]),
  constant('length', INT64, [1], [length]),
  constant('begin', INT64, [1], [0]),
  constant('axis', INT64, [1], [1]),
  constant('nothing', INT32, [1], [0]),
  // Each sequence is cut, or filled with nothing, to that length.
  node('Shape', ['input_ids'], 'batch', { start: 0, end: 1 }),
  node('Concat', ['batch', 'length'], 'shape', { axis: 0 }),
  node('Expand', ['nothing', 'shape'], 'filling'),
  node('Concat', ['input_ids', 'filling'], 'filled', { axis: 1 }),
  node('Slice', ['filled', 'begin', 'length', 'axis'], 'ids'),
  node('Cast', ['ids'], 'letters', { to: FLOAT }),
  node('Cast', ['thousandths'], 'weights_thousandths', { to: FLOAT }),
  node('Cast', ['thousand'], 'unit', { to: FLOAT }),
  node('Div', ['weights_thousandths', 'unit'], 'weights'),
  node('MatMul', ['letters', 'weights'], 'sums'),
  node('Sin', ['sums'], 'rows'),
]);

mkdirSync(folder, { recursive: true });
writeModelFolder({ name: 'projected', dim, ids: { A: 1, C: 2, G: 3, T: 4, N: 5 }, bytes });
