// Writes model.onnx and holdfast.json of the built-in model `tnf`: node make-model.mjs [FOLDER, default: its own].
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constant, DOUBLE, FLOAT, INT32, INT64, input, model, node, output } from './onnx-encode.mjs';

const K = 4;
const WORDS = 4 ** K;
// Windows with a letter other than ACGTU are counted in the bin after the last word, which no column reads.
const DISCARD = WORDS;
// Nothing is ever counted here: what a word that is its own reverse complement adds in place of a second strand.
const NOTHING = WORDS + 1;
const BINS = WORDS + 2;

const spell = (code) => [3, 2, 1, 0].map((place) => 'ACGT'[(code >> (2 * place)) & 3]).join('');
const reverseComplement = (code) => {
  let other = 0;
  for (let place = 0; place < K; place += 1) other = other * 4 + (3 - ((code >> (2 * place)) & 3));
  return other;
};

// Codes sort as their words do, since A < C < G < T.
const canonical = [...Array(WORDS).keys()].filter((code) => code <= reverseComplement(code));
const otherStrand = canonical.map((code) =>
  reverseComplement(code) === code ? NOTHING : reverseComplement(code),
);
const columns = canonical.map(spell);

const int64 = (name, values) => constant(name, INT64, [values.length], values);
const int32 = (name, value) => constant(name, INT32, [1], [value]);
const cut = (from, start, end, to) => node('Slice', [from, start, end, 'axis'], to);

const graph = model('canonical tetranucleotide frequency', 18, [
  input('input_ids', INT32, ['batch', 'tokens']),
  output('frequencies', FLOAT, ['batch', columns.length]),
  int64('axis', [1]),
  int64('zero', [0]),
  int64('one', [1]),
  int64('two', [2]),
  int64('minus_one', [-1]),
  int64('minus_two', [-2]),
  int64('end', [2n ** 62n]),
  int64('bins', [BINS]),
  int64('strand', canonical),
  int64('other_strand', otherStrand),
  int32('four', 4),
  int32('sixteen', 16),
  int32('discard', DISCARD),
  int32('nothing', 0),
  int32('unit', 1),

  // Two letters at every place, then four: fewer passes over the sequence than letter by letter.
  cut('input_ids', 'zero', 'minus_one', 'left_letter'),
  cut('input_ids', 'one', 'end', 'right_letter'),
  node('Mul', ['left_letter', 'four'], 'left_letter_high'),
  node('Add', ['left_letter_high', 'right_letter'], 'pair'),
  cut('pair', 'zero', 'minus_two', 'left_pair'),
  cut('pair', 'two', 'end', 'right_pair'),
  node('Mul', ['left_pair', 'sixteen'], 'left_pair_high'),
  node('Add', ['left_pair_high', 'right_pair'], 'raw_word'),
  node('Min', ['raw_word', 'discard'], 'word'),

  // Counted in whole numbers, so that no window of a long sequence is lost to rounding.
  node('Shape', ['word'], 'word_shape'),
  node('Expand', ['unit', 'word_shape'], 'ones'),
  node('Shape', ['word'], 'batch', { start: 0, end: 1 }),
  node('Concat', ['batch', 'bins'], 'count_shape', { axis: 0 }),
  node('Expand', ['nothing', 'count_shape'], 'no_counts'),
  node('ScatterElements', ['no_counts', 'word', 'ones'], 'counts', { axis: 1, reduction: 'add' }),

  // The strands are folded after counting: 136 look-ups a sequence instead of one a window.
  node('Gather', ['counts', 'strand'], 'count_here', { axis: 1 }),
  node('Gather', ['counts', 'other_strand'], 'count_there', { axis: 1 }),
  node('Add', ['count_here', 'count_there'], 'canonical'),

  node('ReduceSum', ['canonical', 'axis'], 'windows', { keepdims: 1 }),
  node('Max', ['windows', 'unit'], 'divisor'),
  node('Cast', ['canonical'], 'canonical_double', { to: DOUBLE }),
  node('Cast', ['divisor'], 'divisor_double', { to: DOUBLE }),
  node('Div', ['canonical_double', 'divisor_double'], 'quotient'),
  node('Cast', ['quotient'], 'frequencies', { to: FLOAT }),
]);

const descriptor = {
  format: 1,
  name: 'tnf',
  alphabet: 'dna',
  dim: columns.length,
  tokens: {
    type: 'int32',
    ids: { A: 0, C: 1, G: 2, T: 3, U: 3 },
    other: WORDS,
    padding: WORDS,
    minimum: K,
  },
  inputs: { ids: 'input_ids' },
  output: { name: 'frequencies', pooling: 'none' },
  batchTokens: 65536,
  zeroRowMeaning: 'the record has no window of four letters ACGTU',
  columns,
};

const folder = process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url));
writeFileSync(join(folder, 'model.onnx'), graph);
writeFileSync(join(folder, 'holdfast.json'), `${JSON.stringify(descriptor, null, 2)}\n`);
