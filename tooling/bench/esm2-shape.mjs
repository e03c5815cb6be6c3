import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  constant,
  externalWeights,
  FLOAT,
  INT64,
  input,
  model,
  node,
  output,
} from '../../packages/gpu-runtime/models/tnf/onnx-encode.mjs';

/** Layers, numbers in a hidden vector, and attention heads of the ESM-2 models. */
export const SHAPES = {
  '8M': { layers: 6, dim: 320, heads: 20 },
  '35M': { layers: 12, dim: 480, heads: 20 },
  '150M': { layers: 30, dim: 640, heads: 20 },
};

const VOCABULARY = [
  '<cls>',
  '<pad>',
  '<eos>',
  '<unk>',
  ...'LAGVSERTIDPKQNFYMHWCXBUZO.-',
  '<null_1>',
  '<mask>',
];
const WEIGHTS = 'weights.bin';

/** Weights are written as they are made: those of the largest shape would fill the memory. */
class Weights {
  #offset = 0;
  #state = 7;
  parts = [];

  constructor(path) {
    this.file = openSync(path, 'w');
  }

  /** @param scale the greatest magnitude; null: all ones, or zeros where the last is 0. */
  add(name, dims, fill) {
    const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    for (let i = 0; i < data.length; i++) data[i] = fill(i);
    writeSync(this.file, new Uint8Array(data.buffer));
    this.parts.push(externalWeights(name, dims, { file: WEIGHTS, offset: this.#offset }));
    this.#offset += data.byteLength;
    return name;
  }

  random(name, dims) {
    const scale = 2 / Math.sqrt(dims[0]);
    return this.add(name, dims, () => {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
      return (this.#state / 2 ** 32 - 0.5) * scale;
    });
  }
}

/**
 * Writes a model folder with ESM-2's architecture in one of its sizes, as exported from Hugging Face, with random weights: what
 * a call costs does not depend on them.
 */
export function writeEsm2(folder, { layers, dim, heads }) {
  mkdirSync(folder, { recursive: true });
  const weights = new Weights(join(folder, WEIGHTS));
  const nodes = [];
  const headDim = dim / heads;
  let made = 0;
  const op = (type, inputs, attributes) => {
    const name = `${type}_${made++}`;
    nodes.push(node(type, inputs, name, attributes));
    return name;
  };
  const scalar = (name, value) => weights.add(name, [1], () => value);
  const linear = (name, from, inputs, outputs) =>
    op('Add', [
      op('MatMul', [from, weights.random(`${name}.weight`, [inputs, outputs])]),
      weights.add(`${name}.bias`, [outputs], () => 0.01),
    ]);
  const norm = (name, from) =>
    op('LayerNormalization', [
      from,
      weights.add(`${name}.weight`, [dim], () => 1),
      weights.add(`${name}.bias`, [dim], () => 0),
    ]);
  const ints = (name, values) => {
    nodes.push(constant(name, INT64, [values.length], values));
    return name;
  };
  const [split, joined] = [ints('split', [0, 0, heads, headDim]), ints('joined', [0, 0, dim])];
  const [axis0, axis1, axis2, axis3] = [0, 1, 2, 3].map((axis) => ints(`axis${axis}`, [axis]));
  const axes12 = ints('axes12', [1, 2]);
  const [from, middle, end] = [ints('from', [0]), ints('middle', [headDim / 2]), ints('end', [2 ** 31])];
  const one = scalar('one', 1);
  const half = scalar('half', 0.5);
  const root2 = scalar('root2', Math.SQRT2);

  const mask = op('Cast', ['attention_mask'], { to: FLOAT });
  const embedded = op('Gather', [weights.random('embed', [VOCABULARY.length, dim]), 'input_ids']);
  let x = op('Mul', [embedded, op('Unsqueeze', [mask, axis2])]);
  const bias = op('Mul', [op('Sub', [one, op('Unsqueeze', [mask, axes12])]), scalar('masked', -1e9)]);
  const tokens = op('Shape', ['input_ids'], { start: 1, end: 2 });
  const places = op('Range', [
    ...[ints('first', [0]), tokens, ints('step', [1])].map((each) => op('Squeeze', [each, axis0])),
  ]);
  const frequency = weights.add('frequency', [1, headDim / 2], (i) => 1 / 10000 ** ((2 * i) / headDim));
  const turn = op('Mul', [op('Unsqueeze', [op('Cast', [places], { to: FLOAT }), axis1]), frequency]);
  const angle = op('Concat', [turn, turn], { axis: 1 });
  const [cos, sin] = [op('Cos', [angle]), op('Sin', [angle])];
  const turned = (of) => {
    const left = op('Slice', [of, from, middle, axis3]);
    const right = op('Slice', [of, middle, end, axis3]);
    const crossed = op('Concat', [op('Neg', [right]), left], { axis: 3 });
    return op('Add', [op('Mul', [of, cos]), op('Mul', [crossed, sin])]);
  };
  const scale = scalar('scale', headDim ** -0.5);
  const apart = (of) => op('Transpose', [op('Reshape', [of, split])], { perm: [0, 2, 1, 3] });
  for (let layer = 0; layer < layers; layer++) {
    const at = (name) => `layers.${layer}.${name}`;
    const before = norm(at('norm1'), x);
    const [query, key, value] = ['query', 'key', 'value'].map((name) =>
      apart(linear(at(name), before, dim, dim)),
    );
    const across = op('Transpose', [turned(key)], { perm: [0, 1, 3, 2] });
    const scores = op('MatMul', [turned(op('Mul', [query, scale])), across]);
    const shares = op('Softmax', [op('Add', [scores, bias])], { axis: -1 });
    const heard = op('Transpose', [op('MatMul', [shares, value])], { perm: [0, 2, 1, 3] });
    x = op('Add', [x, linear(at('out'), op('Reshape', [heard, joined]), dim, dim)]);
    const up = linear(at('up'), norm(at('norm2'), x), dim, 4 * dim);
    const gelu = op('Mul', [op('Mul', [up, half]), op('Add', [op('Erf', [op('Div', [up, root2])]), one])]);
    x = op('Add', [x, linear(at('down'), gelu, 4 * dim, dim)]);
  }
  const last = norm('norm', x);
  nodes.push(node('Identity', [last], 'last_hidden_state'));
  closeSync(weights.file);
  writeFileSync(
    join(folder, 'model.onnx'),
    model('esm2', 17, [
      input('input_ids', INT64, ['batch', 'tokens']),
      input('attention_mask', INT64, ['batch', 'tokens']),
      output('last_hidden_state', FLOAT, ['batch', 'tokens', dim]),
      ...weights.parts,
      ...nodes,
    ]),
  );
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({
      model_type: 'esm',
      hidden_size: dim,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      vocab_size: VOCABULARY.length,
      max_position_embeddings: 1026,
      position_embedding_type: 'rotary',
    }),
  );
  writeFileSync(join(folder, 'vocab.txt'), `${VOCABULARY.join('\n')}\n`);
}
