import type { GraphNode } from './graph-node.js';
import { type GraphParts, pruned } from './graph-parts.js';
import { ELEMENT, type ElementType } from './stored-tensor.js';

/** Products of matrices and what belongs to attention: nearly all of the work. */
const PRODUCTS = new Set(['Gemm', 'MatMul', 'MultiHeadAttention', 'RotaryEmbedding']);
/** Operators between products, which are computed in half precision if all that they take is. */
const BETWEEN = new Set(['Reshape', 'Transpose', 'Split', 'Concat', 'Mul', 'Relu', 'Gelu', 'QuickGelu']);
/** Element types with a fraction. */
const FRACTIONS = new Set<ElementType>(['float32', 'float16', 'bfloat16']);

/**
 * The same graph with its linear layers and attention in half precision (float16), as autocasting does it. What adds up or
 * divides stays in float32: the rows between layers, norms, the softmax if it is a node of its own, positions, and what is marked
 * as too large for half precision. Weights that are stored as float16 are taken as they are; others are cast in the graph, which
 * ONNX Runtime does once, when it loads them. The output stays float32.
 */
export function halfGraph(parts: GraphParts): GraphParts {
  const halves = new Halves(parts);
  for (const node of parts.nodes) halves.take(node);
  return pruned({ ...parts, nodes: halves.nodes });
}

class Halves {
  readonly nodes: GraphNode[] = [];
  /** Of each value with a fraction, whether it is in half precision; other values are integers. */
  readonly #isHalf = new Map<string, boolean>();
  /** What a value in float32 is cast from, if that is a stored weight. */
  readonly #stored = new Map<string, string>();
  readonly #cast = new Set<string>();

  constructor({ weights, constants }: GraphParts) {
    for (const { name, tensor } of weights)
      if (FRACTIONS.has(tensor.type)) this.#isHalf.set(name, tensor.type === 'float16');
    for (const { name, type } of constants) if (type === 'float32') this.#isHalf.set(name, false);
  }

  take(node: GraphNode): void {
    const { operator, inputs, outputs, attributes } = node;
    if (operator === 'Cast') {
      this.nodes.push(node);
      if (this.#isHalf.has(inputs[0]!)) this.#stored.set(outputs[0]!, inputs[0]!);
      if (attributes['to'] === ELEMENT.float32) this.#isHalf.set(outputs[0]!, false);
      return;
    }
    const numbers = inputs.filter((input) => this.#isHalf.has(input));
    const half =
      !node.full &&
      (PRODUCTS.has(operator) ||
        (BETWEEN.has(operator) && numbers.length > 0 && numbers.every((input) => this.#isHalf.get(input))));
    const taken = inputs.map((input) => (this.#isHalf.has(input) ? this.#as(input, half) : input));
    this.nodes.push({ ...node, inputs: taken });
    if (numbers.length > 0) for (const output of outputs) this.#isHalf.set(output, half);
  }

  /** The name of the same value in that precision. */
  #as(value: string, half: boolean): string {
    if (this.#isHalf.get(value) === half) return value;
    const source = this.#stored.get(value) ?? value;
    if (this.#isHalf.get(source) === half) return source;
    const output = `${source}.${half ? 'half' : 'full'}`;
    if (!this.#cast.has(output)) {
      const attributes = { to: half ? ELEMENT.float16 : ELEMENT.float32 };
      this.nodes.push({
        name: `cast_${output}`,
        operator: 'Cast',
        inputs: [source],
        outputs: [output],
        attributes,
        domain: '',
      });
      this.#cast.add(output);
    }
    return output;
  }
}
