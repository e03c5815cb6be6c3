import { GraphBuilder, MICROSOFT, type StoredTensor } from '../onnx/graph-builder.js';
import type { Esm2Config } from './config.js';
import type { Esm2Weights, Linear } from './names.js';

/** A graph without its weights, and the files that it takes them from. */
export interface BuiltGraph {
  /** An ONNX ModelProto. */
  model: Uint8Array;
  /** The name by which the graph refers to a file of weights, and the file's absolute path. */
  files: ReadonlyMap<string, string>;
}

/** Share of tokens that training masked and dropped; fair-esm scales by the rest. */
const KEPT = 1 - 0.15 * 0.8;

/** `<mask>` in ESM-2's alphabet. */
const MASK = 32;

/**
 * ESM-2's encoder for calls whose sequences have one length: no mask, so that no row can depend on its neighbours, and the
 * fastest attention of ONNX Runtime's CPU kernels. Input `input_ids` int64 [n, tokens]; output `last_hidden_state` float32
 * [n, tokens, dim]. Architecture: Lin et al. 2023, as facebookresearch/esm computes it.
 */
export function esm2Graph(config: Esm2Config, weights: Esm2Weights): BuiltGraph {
  const { dim, heads, epsilon } = config;
  const graph = new GraphBuilder('esm2');
  const ids = graph.input('input_ids', 'int64', ['n', 'tokens']);
  const take = (name: string, tensor: StoredTensor): string => {
    const stored = graph.weight(name, tensor);
    return tensor.type === 'float32' ? stored : graph.node('Cast', [stored], { to: 1 });
  };
  const flat = graph.constant('rows_of_dim', 'int64', [2], [-1, dim]);
  const linear = (name: string, { weight, bias }: Linear, input: string): string =>
    graph.node('Gemm', [input, take(`${name}.weight`, weight), take(`${name}.bias`, bias)], { transB: 1 });
  const norm = (name: string, { weight, bias }: Linear, input: string): string =>
    graph.node('LayerNormalization', [input, take(`${name}.weight`, weight), take(`${name}.bias`, bias)], {
      axis: -1,
      epsilon: { float: epsilon },
    });

  const shape = graph.node('Shape', [ids]);
  const count = graph.node('Gather', [shape, graph.constant('one', 'int64', [], [1])], { axis: 0 });
  const whole = graph.node('Concat', [shape, graph.constant('dim', 'int64', [1], [dim])], { axis: 0 });
  const zero = graph.constant('zero', 'int64', [], [0]);
  const steps = graph.node('Range', [zero, count, graph.constant('step', 'int64', [], [1])]);
  const positions = graph.node('Unsqueeze', [
    graph.node('Cast', [steps], { to: 1 }),
    graph.constant('last_axis', 'int64', [1], [1]),
  ]);
  const rotations = new Map<string, { cos: string; sin: string }>();
  const rotation = (layer: number) => {
    const stored = weights.layers[layer]!.frequencies;
    const key = stored === null ? 'computed' : `${stored.file}:${stored.offset}`;
    let made = rotations.get(key);
    if (made === undefined) {
      const frequencies =
        stored === null
          ? graph.constant('frequencies', 'float32', [dim / heads / 2], computedFrequencies(dim / heads))
          : take(`frequencies.${layer}`, stored);
      const angles = graph.node('Mul', [positions, frequencies]);
      made = { cos: graph.node('Cos', [angles]), sin: graph.node('Sin', [angles]) };
      rotations.set(key, made);
    }
    return made;
  };
  const first = graph.constant('first_position', 'int64', [1], [0]);

  let x = graph.node('Gather', [take('embedding', weights.embedding), ids]);
  if (config.tokenDropout) x = afterTokenDropout(graph, ids, x);
  x = graph.node('Reshape', [x, flat]);
  weights.layers.forEach((layer, index) => {
    const of = `layer.${index}`;
    const y = norm(`${of}.attention_norm`, layer.attentionNorm, x);
    const threeAxes = (input: string) => graph.node('Reshape', [input, whole]);
    const { cos, sin } = rotation(index);
    const rotated = (input: string) =>
      graph.node(
        'RotaryEmbedding',
        [threeAxes(input), first, cos, sin],
        { num_heads: heads },
        { domain: MICROSOFT },
      );
    const query = rotated(linear(`${of}.query`, layer.query, y));
    const key = rotated(linear(`${of}.key`, layer.key, y));
    const value = threeAxes(linear(`${of}.value`, layer.value, y));
    const attended = graph.node(
      'MultiHeadAttention',
      [query, key, value],
      { num_heads: heads },
      { domain: MICROSOFT },
    );
    const attention = linear(
      `${of}.attention_out`,
      layer.attentionOut,
      graph.node('Reshape', [attended, flat]),
    );
    x = graph.node('Add', [x, attention]);
    const z = norm(`${of}.feed_forward_norm`, layer.feedForwardNorm, x);
    const up = linear(`${of}.up`, layer.up, z);
    const active = graph.node('Gelu', [up], {}, { domain: MICROSOFT });
    x = graph.node('Add', [x, linear(`${of}.down`, layer.down, active)]);
  });
  const last = norm('last_norm', weights.lastNorm, x);
  graph.node('Reshape', [last, whole], {}, { outputs: ['last_hidden_state'] });
  graph.output('last_hidden_state', 'float32', ['n', 'tokens', dim]);
  return { model: graph.encode(), files: graph.files };
}

/**
 * Training dropped 12 % of the tokens. What that took is restored in every sequence; mask tokens are zeros, and count as dropped.
 */
function afterTokenDropout(graph: GraphBuilder, ids: string, x: string): string {
  const scalar = (name: string, value: number) => graph.constant(name, 'float32', [], [value]);
  const last = graph.constant('third_axis', 'int64', [1], [2]);
  const masked = graph.node('Unsqueeze', [
    graph.node('Equal', [ids, graph.constant('mask_token', 'int64', [], [MASK])]),
    last,
  ]);
  const share = graph.node('ReduceMean', [graph.node('Cast', [masked], { to: 1 })], {
    axes: [1],
    keepdims: 1,
  });
  const zeroed = graph.node('Where', [masked, scalar('nothing', 0), x]);
  const scaled = graph.node('Mul', [zeroed, scalar('kept', KEPT)]);
  return graph.node('Div', [scaled, graph.node('Sub', [scalar('all', 1), share])]);
}

/** 10000^(-2i/d), as float32; only where the checkpoint does not hold them. */
function computedFrequencies(size: number): number[] {
  return Array.from({ length: size / 2 }, (_, i) => Math.fround(1 / Math.fround(10_000 ** ((2 * i) / size))));
}
