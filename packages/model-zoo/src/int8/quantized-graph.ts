import { type GraphNode, MICROSOFT } from '../onnx/graph-node.js';
import { type GraphParts, type NamedTensor, pruned } from '../onnx/graph-parts.js';
import type { ElementType, StoredTensor } from '../onnx/stored-tensor.js';

/** A tensor of the converted file. */
export interface ConvertedTensor {
  name: string;
  type: ElementType;
  shape: readonly number[];
  /** What it is made from. */
  source: StoredTensor;
  /** `copied` as it is; `quantized` and transposed; or the `scales` of that. */
  how: 'copied' | 'quantized' | 'scales';
}

/** A graph with linear layers in int8, and what its weights are to be. */
export interface QuantizedGraph {
  parts: GraphParts;
  tensors: readonly ConvertedTensor[];
}

const scalesOf = (weight: string) => `${weight}.scales`;

/**
 * Turns each linear layer into one that multiplies 8-bit integers. Weights are symmetric, with a scale for each output; inputs
 * get one scale and zero point for all tokens of a call when they are there, so a call must hold one sequence only. All
 * else stays as it is.
 */
export function quantizedGraph(parts: GraphParts): QuantizedGraph {
  const weights = new Map(parts.weights.map(({ name, tensor }) => [name, tensor]));
  // Weights that are stored in 16 bits pass through a Cast.
  const casts = new Map(
    parts.nodes.filter(({ operator }) => operator === 'Cast').map((node) => [node.outputs[0]!, node]),
  );
  const quantized = new Map<string, StoredTensor>();
  const rounded = new Set<string>();
  const nodes = parts.nodes.flatMap((node): GraphNode[] => {
    // The parts of an encoder use Gemm for their linear layers, and for nothing else.
    if (node.operator !== 'Gemm') return [node];
    const [input, weight, bias] = node.inputs as [string, string, string?];
    const stored = weights.has(weight) ? weight : casts.get(weight)!.inputs[0]!;
    quantized.set(stored, weights.get(stored)!);
    const first = !rounded.has(input);
    rounded.add(input);
    const linear = multiplied(node, input, { stored, bias });
    return first ? [roundedTo8Bits(input), linear] : [linear];
  });
  const left = pruned({ ...parts, nodes, weights: withScales(parts.weights, quantized) });
  return { parts: left, tensors: left.weights.map(({ name }) => converted(name, weights, quantized)) };
}

const roundedNames = (input: string) => [`${input}.q`, `${input}.scale`, `${input}.zero`] as const;

/** Several layers may take the same input; it is rounded once. */
function roundedTo8Bits(input: string): GraphNode {
  const outputs = roundedNames(input);
  const name = `round_${input}`;
  return { name, operator: 'DynamicQuantizeLinear', inputs: [input], outputs, attributes: {}, domain: '' };
}

function multiplied(
  { name, outputs }: GraphNode,
  input: string,
  { stored, bias }: { stored: string; bias: string | undefined },
): GraphNode {
  const [values, scale, zero] = roundedNames(input);
  // The seventh input, the weights' zero points, is left out: they are 0.
  const inputs = [values, stored, scale, scalesOf(stored), zero, ...(bias === undefined ? [] : ['', bias])];
  return { name, operator: 'MatMulIntegerToFloat', inputs, outputs, attributes: {}, domain: MICROSOFT };
}

function withScales(
  weights: readonly NamedTensor[],
  quantized: ReadonlyMap<string, StoredTensor>,
): NamedTensor[] {
  return weights.flatMap((weight) =>
    quantized.has(weight.name) ? [weight, { ...weight, name: scalesOf(weight.name) }] : [weight],
  );
}

function converted(
  name: string,
  weights: ReadonlyMap<string, StoredTensor>,
  quantized: ReadonlyMap<string, StoredTensor>,
): ConvertedTensor {
  const matrix = quantized.get(name);
  if (matrix !== undefined) {
    const shape = [...matrix.shape].reverse();
    return { name, type: 'int8', shape, source: matrix, how: 'quantized' };
  }
  const source = weights.get(name);
  if (source !== undefined) return { name, type: source.type, shape: source.shape, source, how: 'copied' };
  const of = quantized.get(name.slice(0, -scalesOf('').length))!;
  return { name, type: 'float32', shape: [of.shape[0]!], source: of, how: 'scales' };
}
