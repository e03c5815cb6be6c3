import { type GraphNode, MICROSOFT, nodeProto } from './graph-node.js';
import { Message } from './protobuf-writer.js';
import { ELEMENT, type ElementType, type StoredTensor } from './stored-tensor.js';

const IR_VERSION = 8;
const OPSET = 17;

/** A constant whose bytes stay in their file. */
export interface NamedTensor {
  name: string;
  tensor: StoredTensor;
}

/** A small constant, kept in the graph. */
export interface NamedConstant {
  name: string;
  type: 'float32' | 'int64';
  proto: Message;
}

/** A graph, as data. A node comes after the nodes whose values it takes. */
export interface GraphParts {
  name: string;
  nodes: readonly GraphNode[];
  constants: readonly NamedConstant[];
  weights: readonly NamedTensor[];
  inputs: readonly Message[];
  outputs: readonly { name: string; proto: Message }[];
  /** It has none of the operators of ONNX Runtime alone. */
  plain?: true;
}

/** Without the nodes, constants and weights that no output needs. */
export function pruned(parts: GraphParts): GraphParts {
  const needed = new Set(parts.outputs.map(({ name }) => name));
  const kept = [...parts.nodes].reverse().filter(({ inputs, outputs }) => {
    if (!outputs.some((name) => needed.has(name))) return false;
    for (const name of inputs) needed.add(name);
    return true;
  });
  return {
    ...parts,
    nodes: kept.reverse(),
    constants: parts.constants.filter(({ name }) => needed.has(name)),
    weights: parts.weights.filter(({ name }) => needed.has(name)),
  };
}

/**
 * An ONNX ModelProto, without the weights.
 * Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 *
 * @param locationOf the name by which the model refers to a file of weights.
 */
export function encodeGraph(parts: GraphParts, locationOf: (file: string) => string): Uint8Array {
  const graph = new Message();
  for (const node of parts.nodes) graph.message(1, nodeProto(node));
  graph.text(2, parts.name);
  for (const { proto } of parts.constants) graph.message(5, proto);
  for (const { name, tensor } of parts.weights)
    graph.message(5, externalTensor(name, tensor, locationOf(tensor.file)));
  for (const value of parts.inputs) graph.message(11, value);
  for (const { proto } of parts.outputs) graph.message(12, proto);
  const opset = (domain: string, version: number) => {
    const proto = new Message();
    return (domain === '' ? proto : proto.text(1, domain)).int(2, version);
  };
  const model = new Message()
    .int(1, IR_VERSION)
    .text(2, 'holdfast')
    .message(7, graph)
    .message(8, opset('', OPSET));
  if (!parts.plain) model.message(8, opset(MICROSOFT, 1));
  return model.encode();
}

function externalTensor(
  name: string,
  { type, shape, offset, length }: StoredTensor,
  location: string,
): Message {
  const entry = (key: string, value: string) => new Message().text(1, key).text(2, value);
  return tensorHead(name, type, shape)
    .message(13, entry('location', location))
    .message(13, entry('offset', String(offset)))
    .message(13, entry('length', String(length)))
    .int(14, 1);
}

/** TensorProto, without its values. */
export function tensorHead(name: string, type: ElementType, shape: readonly number[]): Message {
  const proto = new Message();
  for (const size of shape) proto.int(1, size);
  return proto.int(2, ELEMENT[type]).text(8, name);
}

/** ValueInfoProto. @param shape a string is the name of a length that varies. */
export function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]): Message {
  const dims = new Message();
  for (const size of shape) {
    const dim = new Message();
    dims.message(1, typeof size === 'number' ? dim.int(1, size) : dim.text(2, size));
  }
  const tensor = new Message().int(1, ELEMENT[type]).message(2, dims);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}

export function constantOf(
  name: string,
  type: NamedConstant['type'],
  shape: readonly number[],
  values: readonly number[],
): NamedConstant {
  const bytes =
    type === 'float32' ? Float32Array.from(values) : BigInt64Array.from(values, (value) => BigInt(value));
  return { name, type, proto: tensorHead(name, type, shape).bytes(9, new Uint8Array(bytes.buffer)) };
}
