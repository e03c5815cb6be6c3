import { Message } from './protobuf-writer.js';

/** Element types, by their numbers in ONNX's TensorProto. */
export const ELEMENT = { float32: 1, int32: 6, int64: 7, float16: 10, bfloat16: 16 } as const;
export type ElementType = keyof typeof ELEMENT;

/** Bytes of one element. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  int32: 4,
  int64: 8,
  float16: 2,
  bfloat16: 2,
};

/** Where a tensor's bytes are: little-endian, row-major, `length` bytes from `offset` of a file. */
export interface StoredTensor {
  type: ElementType;
  shape: readonly number[];
  /** Absolute path. */
  file: string;
  offset: number;
  length: number;
}

export type Attribute = number | string | readonly number[] | { float: number };

/** The operators of ONNX Runtime itself, beside ONNX's. */
export const MICROSOFT = 'com.microsoft';

const IR_VERSION = 8;
const OPSET = 17;

/**
 * Builds an ONNX model. Values are named by strings; a node's method returns the name of its first output.
 * Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export class GraphBuilder {
  readonly #nodes: { proto: Message; inputs: readonly string[]; outputs: readonly string[] }[] = [];
  readonly #constants: { name: string; proto: Message }[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs = new Map<string, Message>();
  readonly #weights: { name: string; tensor: StoredTensor }[] = [];
  readonly #known = new Set<string>();
  readonly #name: string;
  #count = 0;
  #encoderWeights: number | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** @param shape a string is the name of a length that varies. */
  input(name: string, type: ElementType, shape: readonly (number | string)[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** Declares a value that can be an output. */
  output(name: string, type: ElementType, shape: readonly (number | string)[]): void {
    this.#outputs.set(name, valueInfo(name, type, shape));
  }

  /** A constant whose bytes stay in their file: ONNX's external data. The same name twice is one constant. */
  weight(name: string, tensor: StoredTensor): string {
    if (!this.#known.has(name)) this.#weights.push({ name, tensor });
    this.#known.add(name);
    return name;
  }

  /** A small constant, kept in the graph. */
  constant(
    name: string,
    type: 'float32' | 'int64',
    shape: readonly number[],
    values: readonly number[],
  ): string {
    if (this.#known.has(name)) return name;
    this.#known.add(name);
    const bytes =
      type === 'float32' ? Float32Array.from(values) : BigInt64Array.from(values, (value) => BigInt(value));
    this.#constants.push({
      name,
      proto: tensorHead(name, type, shape).bytes(9, new Uint8Array(bytes.buffer)),
    });
    return name;
  }

  /**
   * Adds a node.
   *
   * @param inputs names of values; an empty text leaves an optional input out.
   * @param outputs names of its outputs; by default one, named by the builder.
   * @returns the name of the first output.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    { domain = '', outputs }: { domain?: string; outputs?: readonly string[] } = {},
  ): string {
    const names = outputs ?? [`${operator}_${this.#count}`];
    const proto = new Message();
    for (const name of inputs) proto.text(1, name);
    for (const name of names) proto.text(2, name);
    proto.text(3, `${operator}_${this.#count++}`).text(4, operator);
    for (const [name, value] of Object.entries(attributes)) proto.message(5, attribute(name, value));
    if (domain !== '') proto.text(7, domain);
    this.#nodes.push({ proto, inputs, outputs: names });
    return names.find((name) => name !== '')!;
  }

  /** Weights that are added from here on belong to heads: other outputs do without their files. */
  beginHeads(): void {
    this.#encoderWeights = this.#weights.length;
  }

  /**
   * Absolute paths of the files with weights, in the order in which the graph first uses them: all files of the encoder,
   * whichever layer is asked for, and those of the output's head.
   */
  filesOf(output: string): string[] {
    const { needed } = this.#needed(output);
    const encoder = this.#encoderWeights ?? this.#weights.length;
    const taken = this.#weights.filter(({ name }, i) => i < encoder || needed.has(name));
    return [...new Set(taken.map(({ tensor }) => tensor.file))];
  }

  /** The nodes that an output needs, in order, and the names of all values that they take. */
  #needed(output: string): { needed: ReadonlySet<string>; nodes: readonly Message[] } {
    const needed = new Set([output]);
    // A node comes after the nodes whose values it takes.
    const kept = [...this.#nodes].reverse().filter(({ inputs, outputs }) => {
      if (!outputs.some((name) => needed.has(name))) return false;
      for (const name of inputs) needed.add(name);
      return true;
    });
    return { needed, nodes: kept.reverse().map(({ proto }) => proto) };
  }

  /**
   * The model with one of its outputs and all that it needs, without the weights.
   *
   * @param locationOf the name by which the model refers to a file of weights.
   */
  encode(output: string, locationOf: (file: string) => string): Uint8Array {
    const { needed, nodes } = this.#needed(output);
    const graph = new Message();
    for (const proto of nodes) graph.message(1, proto);
    graph.text(2, this.#name);
    for (const { name, proto } of this.#constants) if (needed.has(name)) graph.message(5, proto);
    for (const { name, tensor } of this.#weights)
      if (needed.has(name)) graph.message(5, externalTensor(name, tensor, locationOf(tensor.file)));
    for (const value of this.#inputs) graph.message(11, value);
    graph.message(12, this.#outputs.get(output)!);
    const opset = (domain: string, version: number) => {
      const proto = new Message();
      return (domain === '' ? proto : proto.text(1, domain)).int(2, version);
    };
    return new Message()
      .int(1, IR_VERSION)
      .text(2, 'holdfast')
      .message(7, graph)
      .message(8, opset('', OPSET))
      .message(8, opset(MICROSOFT, 1))
      .encode();
  }
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

function tensorHead(name: string, type: ElementType, shape: readonly number[]): Message {
  const proto = new Message();
  for (const size of shape) proto.int(1, size);
  return proto.int(2, ELEMENT[type]).text(8, name);
}

function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]): Message {
  const dims = new Message();
  for (const size of shape) {
    const dim = new Message();
    dims.message(1, typeof size === 'number' ? dim.int(1, size) : dim.text(2, size));
  }
  const tensor = new Message().int(1, ELEMENT[type]).message(2, dims);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
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
