// Writes a model folder whose rows are wide and cost nothing: the count of A, DIM times. usage: node make-wide.mjs FOLDER DIM
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

const [folder, dim] = process.argv.slice(2);
const ids = { A: 1, C: 2, G: 3, T: 4, N: 5 };
const bytes = model('wide', 18, [
  input('input_ids', INT32, ['batch', 'tokens']),
  output('rows', FLOAT, ['batch', Number(dim)]),
  constant('axis', INT64, [1], [1]),
  constant('repeats', INT64, [2], [1, Number(dim)]),
  constant('token', INT32, [1], [ids.A]),
  node('Equal', ['input_ids', 'token'], 'is'),
  node('Cast', ['is'], 'each', { to: FLOAT }),
  node('ReduceSum', ['each', 'axis'], 'count', { keepdims: 1 }),
  node('Tile', ['count', 'repeats'], 'rows'),
]);

mkdirSync(folder, { recursive: true });
writeModelFolder({ name: 'wide', dim: Number(dim), ids, bytes });
