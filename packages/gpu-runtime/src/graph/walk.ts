import type { Constant, GraphNode, Structure } from './graph-structure.js';

/** Operators that work on each number by itself. */
const ARITHMETIC = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Sqrt', 'Reciprocal', 'Cast', 'Identity'];
export const ACTIVATIONS = 'Erf Tanh Sigmoid Relu Gelu FastGelu QuickGelu BiasGelu Mish Softplus'.split(' ');
/** Operators of norms, which work on each token by itself. */
export const NORMS =
  'ReduceMean LayerNormalization SimplifiedLayerNormalization RMSNormalization SkipLayerNormalization'.split(
    ' ',
  );
/** What may stand between the products of a head. */
const BETWEEN = new Set([...ARITHMETIC, ...ACTIVATIONS, ...NORMS]);
/** Products of a value with a weight. */
const PRODUCTS = new Set(['MatMul', 'Gemm', 'DynamicQuantizeMatMul']);
/** Products with a weight of 8 bits, of values that are float32 before. */
const QUANTIZED = new Set(['MatMulInteger', 'DynamicQuantizeMatMul']);
/** Operators through which a weight is handed on. */
const HANDED_ON = new Set(['Transpose', 'Identity', 'DequantizeLinear']);
/** Longest chain of these. */
const LONGEST_CHAIN = 8;
const FLOAT32 = 1;

/** What a value is computed from, as far as the next products with weights. */
export interface Layer {
  /** Values that enter these products. */
  entries: Set<string>;
  products: GraphNode[];
  /** Operators between them and the value. */
  between: Set<string>;
  /** What else the value comes from: names of operators, or of inputs of the graph. */
  others: Set<string>;
}

/** Walks a graph from a value back to the products with weights that it is computed from. */
export class Walk {
  readonly #makers = new Map<string, GraphNode>();

  constructor(readonly structure: Pick<Structure, 'nodes' | 'weights' | 'constants'>) {
    for (const node of structure.nodes) for (const name of node.outputs) this.#makers.set(name, node);
  }

  /** What a value is computed from. */
  back(value: string): Layer {
    const layer: Layer = { entries: new Set(), products: [], between: new Set(), others: new Set() };
    const seen = new Set<string>();
    const queue = [value];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (name === '' || seen.has(name) || this.#constant(name) !== undefined) continue;
      seen.add(name);
      const node = this.#makers.get(name);
      if (node === undefined) layer.others.add(`the input '${name}'`);
      else if (BETWEEN.has(node.operator)) {
        layer.between.add(node.operator);
        queue.push(...node.inputs);
      } else this.#end(node, layer);
    }
    return layer;
  }

  #end(node: GraphNode, layer: Layer): void {
    const entry = this.#entry(node);
    if (entry === undefined) {
      layer.others.add(`the operator ${node.operator}`);
      return;
    }
    layer.entries.add(entry);
    if (node.operator !== 'DynamicQuantizeLinear' && !layer.products.includes(node))
      layer.products.push(node);
  }

  /** The value that enters a product with weights, or that a scale of such a product is made of. */
  #entry({ operator, inputs }: GraphNode): string | undefined {
    if (operator === 'DynamicQuantizeLinear') return inputs[0];
    if (this.#constant(inputs[1] ?? '') === undefined) return undefined;
    if (PRODUCTS.has(operator)) return inputs[0];
    const quantizer = operator === 'MatMulInteger' ? this.#makers.get(inputs[0] ?? '') : undefined;
    return quantizer?.operator === 'DynamicQuantizeLinear' ? quantizer.inputs[0] : undefined;
  }

  /** Shape [in, out] of a product's weight, and the type of its numbers. */
  shapeOf({ operator, inputs, transposed }: GraphNode): Constant | undefined {
    const weight = this.#constant(inputs[1]!);
    if (weight?.shape.length !== 2) return undefined;
    const shape = transposed ? [...weight.shape].reverse() : weight.shape;
    return { type: QUANTIZED.has(operator) ? FLOAT32 : weight.type, shape };
  }

  /** The constant that a value is, if it is one. */
  #constant(name: string): Constant | undefined {
    const { weights, constants } = this.structure;
    let turned = false;
    let scale: Constant | undefined;
    let value = name;
    for (let steps = 0; steps < LONGEST_CHAIN; steps++) {
      const found = weights.get(value) ?? constants.get(value);
      if (found !== undefined)
        return { type: (scale ?? found).type, shape: turned ? [...found.shape].reverse() : found.shape };
      const node = this.#makers.get(value);
      if (node === undefined || !HANDED_ON.has(node.operator)) return undefined;
      if (node.operator === 'Transpose') turned = !turned;
      // Its numbers are of the type of the scale.
      if (node.operator === 'DequantizeLinear') scale ??= this.#constant(node.inputs[1] ?? '');
      value = node.inputs[0] ?? '';
    }
    return undefined;
  }
}
