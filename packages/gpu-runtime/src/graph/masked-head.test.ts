import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from '../../test/support.js';
import { readingModel } from './graph-reader.js';
import { type Constant, type GraphNode, readStructure, type Structure } from './graph-structure.js';
import { findHidden, type Hidden } from './masked-head.js';

const structureOf = (name: string) => readingModel(join(fixture('masked_lm'), name), readStructure);

test.each<[string, string, number]>([
  ['onnx/model.onnx', '/model/esm/encoder/emb_layer_norm_after/Add_1_output_0', 1],
  ['fused.onnx', '/model/esm/encoder/emb_layer_norm_after/LayerNormalization_output_0', 1],
  ['onnx/model_fp16.onnx', '/model/esm/encoder/emb_layer_norm_after/Add_1_output_0', 10],
  ['onnx/model_quantized.onnx', '/model/esm/encoder/emb_layer_norm_after/Add_1_output_0', 1],
  ['bert.onnx', '/model/bert/encoder/layer.0/output/LayerNorm/Add_1_output_0', 1],
])('the hidden state of the export %s', (name, value, type) => {
  const expected: Hidden = { value, type, size: 8, vocabulary: 33 };
  expect(findHidden(structureOf(name), 'logits')).toEqual(expected);
});

type Line = [operator: string, inputs: string, outputs: string, transposed?: boolean];
const FLOAT = 1;
const INT8 = 3;

/** A graph in short: operators with the names of their inputs and outputs, and shapes of weights. */
function graph(
  lines: readonly Line[],
  weights: Record<string, number[]>,
): Pick<Structure, 'nodes' | 'weights' | 'constants'> {
  const place = { number: 1, from: 0, start: 0, end: 0 };
  const nodes = lines.map(
    ([operator, inputs, outputs, transposed = false]): GraphNode => ({
      operator,
      inputs: inputs.split(' '),
      outputs: outputs.split(' '),
      captured: [],
      transposed,
      place,
    }),
  );
  const constants = new Map(
    Object.entries(weights).map(([name, shape]): [string, Constant] => [name, { type: FLOAT, shape }]),
  );
  constants.set('bytes', { type: INT8, shape: [4, 4] });
  return { nodes, weights: new Map(), constants };
}

const WEIGHTS = { table: [9, 4], dense: [4, 4], out: [4, 9], vector: [4], bias: [9], one: [] };
/** Two layers that end in a norm, with a connection that skips the second. */
const ENCODER: readonly Line[] = [
  ['Gather', 'table input_ids', 'x0'],
  ['MatMul', 'x0 dense', 'x1'],
  ['Add', 'x0 x1', 'x2'],
  ['LayerNormalization', 'x2 vector vector', 'hidden'],
];
const HEAD: readonly Line[] = [
  ['MatMul', 'hidden dense', 'h1'],
  ['Add', 'h1 vector', 'h2'],
  ['Gelu', 'h2', 'h3'],
  ['LayerNormalization', 'h3 vector vector', 'h4'],
  ['MatMul', 'h4 out', 'h5'],
  ['Add', 'h5 bias', 'logits'],
];
/** The head with other lines in place of those that give the same value. */
const head = (...others: Line[]): Line[] => [
  ...ENCODER,
  ...HEAD.flatMap((line) => {
    const instead = others.filter(([, , output]) => output.split('.')[0] === line[2]);
    return instead.length === 0 ? [line] : instead;
  }),
];

test.each<[string, Line[]]>([
  ['as it is', head()],
  ['with a fused bias', head(['Identity', 'h1', 'h2'], ['BiasGelu', 'h2 vector', 'h3'])],
  ['with the tangent', head(['Tanh', 'h2', 'h3.a'], ['Add', 'h3.a one', 'h3.b'], ['Mul', 'h2 h3.b', 'h3'])],
  ['with a norm without a mean', head(['SimplifiedLayerNormalization', 'h3 vector', 'h4'])],
  ['with Gemm and a weight [out, in]', head(['Gemm', 'h4 table bias', 'h5', true])],
  [
    'with a weight that is transposed as it runs',
    head(['Transpose', 'table', 'h5.w'], ['MatMul', 'h4 h5.w', 'h5']),
  ],
  [
    'with a weight of 8 bits',
    head(['DequantizeLinear', 'bytes one', 'h1.w'], ['MatMul', 'hidden h1.w', 'h1']),
  ],
  [
    'with numbers of 8 bits',
    head(
      ['DynamicQuantizeLinear', 'hidden', 'h1.q h1.s h1.z'],
      ['MatMulInteger', 'h1.q bytes h1.z one', 'h1.i'],
      ['Cast', 'h1.i', 'h1.f'],
      ['Mul', 'h1.s one', 'h1.m'],
      ['Mul', 'h1.f h1.m', 'h1'],
    ),
  ],
  ['with products of 8 bits', head(['DynamicQuantizeMatMul', 'h4 out one', 'h5'])],
  ['with casts', head(['Cast', 'h5', 'logits.c'], ['Add', 'logits.c bias', 'logits'])],
])('a head %s', (_what, lines) => {
  expect(findHidden(graph(lines, WEIGHTS), 'logits')).toEqual({
    value: 'hidden',
    type: FLOAT,
    size: 4,
    vocabulary: 9,
  });
});

test.each<[string, Line[], RegExp]>([
  ['no activation', head(['Identity', 'h2', 'h3']), /no activation with a norm/],
  ['no norm', head(['Identity', 'h3', 'h4']), /no activation with a norm/],
  ['two inputs', head(['Add', 'h2 x1', 'h3.a'], ['Gelu', 'h3.a', 'h3']), /comes from several layers/],
  [
    'an operator between',
    head(['Softmax', 'h3', 'h4.a'], ['LayerNormalization', 'h4.a vector vector', 'h4']),
    /comes from the operator Softmax/,
  ],
  [
    'an operator of others',
    head(['my.domain.Add', 'h5 bias', 'logits']),
    /'logits' comes from the operator my\.domain\.Add/,
  ],
  ['a product of two values', head(['MatMul', 'h4 h3', 'h5']), /comes from the operator MatMul/],
  ['no layer', [['Identity', 'hidden', 'logits']], /comes from the input 'hidden'/],
  ['nothing', [['Identity', 'one', 'logits']], /comes from no product/],
  [
    'one more layer',
    head(
      ['MatMul', 'hidden dense', 'h1.a'],
      ['Gelu', 'h1.a', 'h1.b'],
      ['LayerNormalization', 'h1.b vector vector', 'h1.c'],
      ['MatMul', 'h1.c dense', 'h1'],
    ),
    /more than two layers/,
  ],
])('a head with %s is not clear', (_what, lines, reason) => {
  expect(findHidden(graph(lines, WEIGHTS), 'logits')).toMatch(reason);
});

test('a graph whose values are made of each other ends', () => {
  const lines: Line[] = [
    ['Add', 'b one', 'a'],
    ['Add', 'a one', 'b'],
    ['Add', 'a b', 'logits'],
  ];
  expect(findHidden(graph(lines, WEIGHTS), 'logits')).toMatch(/no product/);
});
