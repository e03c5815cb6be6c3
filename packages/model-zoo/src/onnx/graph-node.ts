import { Message } from './protobuf-writer.js';

export type Attribute = number | string | readonly number[] | { float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

/** The operators of ONNX Runtime itself, beside ONNX's. */
export const MICROSOFT = 'com.microsoft';

/** What is known about a node beyond what is written into the graph. */
export interface NodeFacts {
  /** Numbers of a head, of an operator that works head by head. */
  headSize?: number;
  /** Its numbers may be too large for half precision, so it stays in float32. */
  full?: true;
}

/** A node of a graph, which takes and makes values by name. */
export interface GraphNode extends NodeFacts {
  name: string;
  operator: string;
  /** An empty text stands for an optional input that is left out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Attributes;
  /** Empty for ONNX's own operators. */
  domain: string;
}

/** NodeProto. */
export function nodeProto({ name, operator, inputs, outputs, attributes, domain }: GraphNode): Message {
  const proto = new Message();
  for (const input of inputs) proto.text(1, input);
  for (const output of outputs) proto.text(2, output);
  proto.text(3, name).text(4, operator);
  for (const [key, value] of Object.entries(attributes)) proto.message(5, attribute(key, value));
  return domain === '' ? proto : proto.text(7, domain);
}

/** AttributeProto: its type numbers are FLOAT 1, INT 2, STRING 3, INTS 7. */
function attribute(name: string, value: Attribute): Message {
  const proto = new Message().text(1, name);
  if (typeof value === 'number') return proto.int(3, value).int(20, 2);
  if (typeof value === 'string') return proto.bytes(4, Buffer.from(value)).int(20, 3);
  if ('float' in value) return proto.float(2, value.float).int(20, 1);
  for (const each of value) proto.int(8, each);
  return proto.int(20, 7);
}
