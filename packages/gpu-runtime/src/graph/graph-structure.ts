import {
  BadProtobufError,
  type Field,
  type FileBytes,
  fieldsOf,
  numberOf,
  numbersOf,
  only,
  textOf,
} from './protobuf.js';

/** An operator of a graph, and where it is in the file. */
export interface GraphNode {
  /** The operator's name; one that is neither ONNX's nor ONNX Runtime's has its domain before it. */
  operator: string;
  /** Names of values; an empty text is an optional input that is left out. */
  inputs: readonly string[];
  outputs: readonly string[];
  /** Values that graphs inside it take: branches and loops. */
  captured: readonly string[];
  /** `transB` of a Gemm: its weight is [out, in]. */
  transposed: boolean;
  place: Field;
}

/** A constant of a graph. */
export interface Constant {
  /** TensorProto.DataType. */
  type: number;
  shape: readonly number[];
}

/** A constant that is not a node: a weight, and where it is in the file. */
export interface Weight extends Constant {
  name: string;
  place: Field;
}

/** What a graph computes, without its weights. */
export interface Structure {
  /** In the order of the file. */
  nodes: readonly GraphNode[];
  weights: ReadonlyMap<string, Weight>;
  /** Outputs of the operator `Constant` that are tensors. */
  constants: ReadonlyMap<string, Constant>;
  /** The model's fields, and those of its graph. */
  model: readonly Field[];
  graph: readonly Field[];
}

/** Field numbers in onnx.proto3. */
export const MODEL = { graph: 7 };
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 };
export const TENSOR = { shape: 1, type: 2, name: 8, raw: 9, external: 13, location: 14 };
const NODE = { input: 1, output: 2, operator: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, number: 3, tensor: 5, graph: 6, graphs: 11 };

/** Domains whose operators are named without them. */
const PLAIN = new Set(['', 'ai.onnx', 'com.microsoft']);
/** Nesting limit of protobuf's own readers. */
const DEEPEST = 100;

/** Reads what a graph computes. It skips the weights. @throws BadProtobufError */
export function readStructure(bytes: FileBytes): Structure {
  const model = [...fieldsOf(bytes)];
  const block = only(model, MODEL.graph);
  if (block === undefined) throw new BadProtobufError('it contains no graph');
  const graph = [...fieldsOf(bytes, block)];
  const nodes: GraphNode[] = [];
  const weights = new Map<string, Weight>();
  const constants = new Map<string, Constant>();
  for (const field of graph) {
    if (field.number === GRAPH.node) {
      const { tensor, ...node } = readNode(bytes, field, 0);
      nodes.push(node);
      if (node.operator === 'Constant' && tensor !== undefined)
        for (const name of node.outputs) constants.set(name, tensor);
    }
    if (field.number === GRAPH.initializer) {
      const name = only(fieldsOf(bytes, field), TENSOR.name);
      const known = { name: name === undefined ? '' : textOf(bytes, name), place: field };
      weights.set(known.name, { ...known, ...readConstant(bytes, field) });
    }
  }
  return { nodes, weights, constants, model, graph };
}

function readNode(bytes: FileBytes, place: Field, depth: number): GraphNode & { tensor?: Constant } {
  if (depth > DEEPEST) throw new BadProtobufError('its graphs are nested too deeply');
  const inputs: string[] = [];
  const outputs: string[] = [];
  const captured: string[] = [];
  let [operator, domain, transposed] = ['', '', false];
  let tensor: Constant | undefined;
  for (const field of fieldsOf(bytes, place)) {
    if (field.number === NODE.input) inputs.push(textOf(bytes, field));
    if (field.number === NODE.output) outputs.push(textOf(bytes, field));
    if (field.number === NODE.operator) operator = textOf(bytes, field);
    if (field.number === NODE.domain) domain = textOf(bytes, field);
    if (field.number !== NODE.attribute) continue;
    const parts = [...fieldsOf(bytes, field)];
    const name = only(parts, ATTRIBUTE.name);
    const is = (text: string) => name !== undefined && textOf(bytes, name) === text;
    const value = only(parts, ATTRIBUTE.tensor);
    if (value !== undefined && is('value')) tensor = readConstant(bytes, value);
    const number = only(parts, ATTRIBUTE.number);
    if (number !== undefined && is('transB')) transposed = numberOf(number) === 1;
    for (const part of parts)
      if (part.number === ATTRIBUTE.graph || part.number === ATTRIBUTE.graphs)
        captured.push(...takenInside(bytes, part, depth + 1));
  }
  const named = PLAIN.has(domain) ? operator : `${domain}.${operator}`;
  return { operator: named, inputs, outputs, captured, transposed, place, ...(tensor && { tensor }) };
}

/** All names that the nodes of an inner graph take, and its outputs: some may be values of the graph around it. */
function takenInside(bytes: FileBytes, graph: Field, depth: number): string[] {
  const names: string[] = [];
  for (const field of fieldsOf(bytes, graph)) {
    if (field.number === GRAPH.node) {
      const { inputs, captured } = readNode(bytes, field, depth);
      names.push(...inputs, ...captured);
    }
    if (field.number === GRAPH.output) {
      const name = only(fieldsOf(bytes, field), 1);
      if (name !== undefined) names.push(textOf(bytes, name));
    }
  }
  return names;
}

function readConstant(bytes: FileBytes, tensor: Field): Constant {
  const shape: number[] = [];
  let type = 0;
  for (const field of fieldsOf(bytes, tensor)) {
    if (field.number === TENSOR.shape) shape.push(...numbersOf(bytes, field));
    if (field.number === TENSOR.type) type = numberOf(field);
  }
  return { type, shape };
}
