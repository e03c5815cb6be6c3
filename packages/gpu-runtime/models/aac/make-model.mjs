// Writes model.onnx and holdfast.json of the built-in model `aac`: node make-model.mjs [FOLDER, default: its own].
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constant, DOUBLE, FLOAT, INT32, INT64, input, model, node, output } from '../tnf/onnx-encode.mjs';

const columns = [...'ACDEFGHIKLMNPQRSTVWY'];
// Any other residue is counted in the bin after the last column, which no column reads; so is padding.
const OTHER = columns.length;

const int64 = (name, values) => constant(name, INT64, [values.length], values);
const int32 = (name, value) => constant(name, INT32, [1], [value]);

const graph = model('amino-acid composition', 18, [
  input('input_ids', INT32, ['batch', 'tokens']),
  output('composition', FLOAT, ['batch', columns.length]),
  int64('axis', [1]),
  int64('zero', [0]),
  int64('standard', [columns.length]),
  int64('bins', [columns.length + 1]),
  int32('nothing', 0),
  int32('unit', 1),

  // Counted in whole numbers, so that no residue of a long sequence is lost to rounding.
  node('Shape', ['input_ids'], 'shape'),
  node('Expand', ['unit', 'shape'], 'ones'),
  node('Shape', ['input_ids'], 'batch', { start: 0, end: 1 }),
  node('Concat', ['batch', 'bins'], 'count_shape', { axis: 0 }),
  node('Expand', ['nothing', 'count_shape'], 'no_counts'),
  node('ScatterElements', ['no_counts', 'input_ids', 'ones'], 'all_counts', { axis: 1, reduction: 'add' }),
  node('Slice', ['all_counts', 'zero', 'standard', 'axis'], 'counts'),

  node('ReduceSum', ['counts', 'axis'], 'residues', { keepdims: 1 }),
  node('Max', ['residues', 'unit'], 'divisor'),
  node('Cast', ['counts'], 'counts_double', { to: DOUBLE }),
  node('Cast', ['divisor'], 'divisor_double', { to: DOUBLE }),
  node('Div', ['counts_double', 'divisor_double'], 'quotient'),
  node('Cast', ['quotient'], 'composition', { to: FLOAT }),
]);

const descriptor = {
  format: 1,
  name: 'aac',
  alphabet: 'protein',
  dim: columns.length,
  tokens: {
    type: 'int32',
    ids: Object.fromEntries(columns.map((residue, id) => [residue, id])),
    other: OTHER,
    padding: OTHER,
  },
  inputs: { ids: 'input_ids' },
  output: { name: 'composition', pooling: 'none' },
  batchTokens: 65536,
  zeroRowMeaning: 'the record has none of the 20 standard amino acids',
  columns,
};

const folder = process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url));
writeFileSync(join(folder, 'model.onnx'), graph);
writeFileSync(join(folder, 'holdfast.json'), `${JSON.stringify(descriptor, null, 2)}\n`);
