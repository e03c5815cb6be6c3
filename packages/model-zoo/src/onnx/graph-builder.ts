import type { Attributes, GraphNode, NodeFacts } from './graph-node.js';
import {
  constantOf,
  type GraphParts,
  type NamedConstant,
  type NamedTensor,
  pruned,
  valueInfo,
} from './graph-parts.js';
import type { Message } from './protobuf-writer.js';
import type { ElementType, StoredTensor } from './stored-tensor.js';

/** Builds a graph. Values are named by strings; a node's method returns the name of its first output. */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #constants: NamedConstant[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs = new Map<string, Message>();
  readonly #weights: NamedTensor[] = [];
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
    type: NamedConstant['type'],
    shape: readonly number[],
    values: readonly number[],
  ): string {
    if (this.#known.has(name)) return name;
    this.#known.add(name);
    this.#constants.push(constantOf(name, type, shape, values));
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
    attributes: Attributes = {},
    { domain = '', outputs, ...facts }: { domain?: string; outputs?: readonly string[] } & NodeFacts = {},
  ): string {
    const name = `${operator}_${this.#count++}`;
    const names = outputs ?? [name];
    this.#nodes.push({ name, operator, inputs, outputs: names, attributes, domain, ...facts });
    return names.find((each) => each !== '')!;
  }

  /** Weights that are added from here on belong to heads: other outputs do without their files. */
  beginHeads(): void {
    this.#encoderWeights = this.#weights.length;
  }

  /**
   * Absolute paths of the files with weights, in the order in which the graph first uses them: all files of the encoder,
   * whichever layer is asked for, and those of the outputs' heads.
   */
  filesOf(outputs: readonly string[]): string[] {
    const ofOutput = new Set(this.parts(outputs).weights);
    const encoder = this.#encoderWeights ?? this.#weights.length;
    const taken = this.#weights.filter((weight, i) => i < encoder || ofOutput.has(weight));
    return [...new Set(taken.map(({ tensor }) => tensor.file))];
  }

  /** The graph of some of its outputs, with all that they need and no more. */
  parts(outputs: readonly string[]): GraphParts {
    return pruned({
      name: this.#name,
      nodes: this.#nodes,
      constants: this.#constants,
      weights: this.#weights,
      inputs: this.#inputs,
      outputs: outputs.map((name) => ({ name, proto: this.#outputs.get(name)! })),
    });
  }
}
