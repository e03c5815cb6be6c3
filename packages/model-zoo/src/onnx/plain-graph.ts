import type { GraphParts } from './graph-parts.js';
import { pruned } from './graph-parts.js';
import { PlainNodes } from './plain-nodes.js';

/** How the operators that ONNX Runtime alone has are computed with those of ONNX. Each ends with the operator's own output. */
const PLAIN: Readonly<Record<string, (to: PlainNodes) => void>> = {
  MultiHeadAttention: attention,
  RotaryEmbedding: rotated,
  Gelu: gelu,
  QuickGelu: silu,
  // ONNX Runtime has it in ONNX's own domain, but ONNX does not have it.
  SimplifiedLayerNormalization: rootMeanSquareNorm,
};

/**
 * The same graph with ONNX's own operators only, opset 17, for runtimes and devices that lack those of ONNX Runtime. It gives the
 * same rows up to rounding, and takes longer where the others are there.
 */
export function plainGraph(parts: GraphParts): GraphParts {
  const constants = new Map(parts.constants.map((constant) => [constant.name, constant]));
  const nodes = parts.nodes.flatMap((node) => {
    const expand = PLAIN[node.operator];
    if (expand === undefined) return [node];
    const to = new PlainNodes(node, constants);
    expand(to);
    return to.nodes;
  });
  return pruned({ ...parts, nodes, constants: [...constants.values()], plain: true });
}

function attention(to: PlainNodes): void {
  const { inputs, attributes } = to.of;
  const [query, key, value, , , bias] = inputs as [string, string, string, string?, string?, string?];
  const { heads, size } = to.heads();
  const scale = attributes['scale'] as { float: number } | undefined;
  // A zero keeps a length.
  const parted = (input: string, ...perm: number[]) =>
    to.add('Transpose', [to.add('Reshape', [input, to.whole(0, 0, heads, size)])], { perm });
  // Before the product, whose numbers could be too large for half precision.
  const scaled = to.times(parted(query, 0, 2, 1, 3), scale?.float ?? size ** -0.5);
  const scores = to.add('MatMul', [scaled, parted(key, 0, 2, 3, 1)]);
  const shares = to.add('Softmax', [bias === undefined ? scores : to.add('Add', [scores, bias])], {
    axis: -1,
  });
  const rows = to.add('MatMul', [shares, parted(value, 0, 2, 1, 3)]);
  to.end('Reshape', [to.add('Transpose', [rows], { perm: [0, 2, 1, 3] }), to.whole(0, 0, heads * size)]);
}

/** Its positions begin at 0, so the tables fit as they are. */
function rotated(to: PlainNodes): void {
  const [input, , cos, sin] = to.of.inputs as [string, string, string, string];
  const { heads, size } = to.heads();
  const parted = to.add('Reshape', [input, to.whole(0, 0, heads, size)]);
  const [first, second] = to.split(parted);
  // [tokens, 1, size / 2]: the same for all heads.
  const [cosine, sine] = [cos, sin].map((table) => to.add('Unsqueeze', [table, to.whole(1)])) as [
    string,
    string,
  ];
  const product = (a: string, b: string) => to.add('Mul', [a, b]);
  const turned = [
    to.add('Sub', [product(first, cosine), product(second, sine)]),
    to.add('Add', [product(second, cosine), product(first, sine)]),
  ];
  to.end('Reshape', [to.add('Concat', turned, { axis: -1 }), to.whole(0, 0, heads * size)]);
}

/** x / 2 · (1 + erf(x / √2)), in the order in which ONNX Runtime finds it again. */
function gelu(to: PlainNodes): void {
  const [x] = to.of.inputs as [string];
  const share = to.add('Erf', [to.add('Div', [x, to.number(Math.SQRT2)])]);
  const twice = to.add('Mul', [x, to.add('Add', [share, to.number(1)])]);
  to.end('Mul', [twice, to.number(0.5)]);
}

/** QuickGelu with the factor 1. */
function silu(to: PlainNodes): void {
  const [x] = to.of.inputs as [string];
  to.end('Mul', [x, to.add('Sigmoid', [x])]);
}

function rootMeanSquareNorm(to: PlainNodes): void {
  const [x, weight] = to.of.inputs as [string, string];
  const { float: epsilon } = to.of.attributes['epsilon'] as { float: number };
  const mean = to.add('ReduceMean', [to.add('Mul', [x, x])], { axes: [-1], keepdims: 1 });
  const root = to.add('Sqrt', [to.add('Add', [mean, to.number(epsilon)])]);
  to.end('Mul', [to.add('Div', [x, root]), weight]);
}
