// Writes model.onnx and holdfast.json of what devices are tried with: node make-model.mjs [FOLDER, default: its own].
// A transformer's operators in small, in float32: a device may compute these and not the whole numbers of the built-in models.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constant, FLOAT, INT32, INT64, input, model, node, output } from '../tnf/onnx-encode.mjs';

const DIM = 8;
const LETTERS = 5;

/** Small whole numbers, none of them in a pattern. */
const numbers = (name, dims, step) => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return constant(
    name,
    INT32,
    dims,
    Array.from({ length: count }, (_, i) => ((i * step + 3) % 11) - 5),
  );
};
const float = (from, to) => node('Cast', [from], to, { to: FLOAT });

const graph = model('a device that computes', 18, [
  input('input_ids', INT32, ['batch', 'tokens']),
  output('shares', FLOAT, ['batch', DIM]),
  numbers('table_whole', [LETTERS, DIM], 7),
  numbers('weights_whole', [DIM, DIM], 5),
  // Shares are then neither all alike nor all in one column, and far from where rounding counts.
  constant('scale_whole', INT32, [1], [32]),
  constant('tokens_axis', INT64, [1], [1]),
  float('table_whole', 'table'),
  float('weights_whole', 'weights'),
  float('scale_whole', 'scale'),
  node('Gather', ['table', 'input_ids'], 'embedded'),
  node('MatMul', ['embedded', 'weights'], 'projected'),
  node('Div', ['projected', 'scale'], 'scaled'),
  node('Transpose', ['scaled'], 'keys', { perm: [0, 2, 1] }),
  node('MatMul', ['scaled', 'keys'], 'scores'),
  node('Softmax', ['scores'], 'attention', { axis: -1 }),
  node('MatMul', ['attention', 'scaled'], 'heard'),
  node('Softmax', ['heard'], 'token_shares', { axis: -1 }),
  node('ReduceMean', ['token_shares', 'tokens_axis'], 'shares', { keepdims: 0 }),
]);

const descriptor = {
  format: 1,
  name: 'probe',
  alphabet: 'dna',
  dim: DIM,
  tokens: { type: 'int32', ids: { A: 0, C: 1, G: 2, T: 3, U: 3 }, other: 4, padding: 4 },
  inputs: { ids: 'input_ids' },
  output: { name: 'shares', pooling: 'none' },
};

const folder = process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url));
writeFileSync(join(folder, 'model.onnx'), graph);
writeFileSync(join(folder, 'holdfast.json'), `${JSON.stringify(descriptor, null, 2)}\n`);
