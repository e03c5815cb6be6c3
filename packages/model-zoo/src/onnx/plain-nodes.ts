import type { Attributes, GraphNode } from './graph-node.js';
import { constantOf, type NamedConstant } from './graph-parts.js';

/** The nodes that take the place of one. */
export class PlainNodes {
  readonly nodes: GraphNode[] = [];
  readonly of: GraphNode;
  readonly #constants: Map<string, NamedConstant>;

  /** @param constants of the graph, by name; those that are needed are added. */
  constructor(of: GraphNode, constants: Map<string, NamedConstant>) {
    this.of = of;
    this.#constants = constants;
  }

  /** How many heads there are, and how many numbers each has. */
  heads(): { heads: number; size: number } {
    return { heads: this.of.attributes['num_heads'] as number, size: this.of.headSize! };
  }

  /** @returns the name of its output. */
  add(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = this.#newName(operator);
    this.#push(name, operator, inputs, { outputs: [name], attributes });
    return name;
  }

  times(input: string, factor: number): string {
    return factor === 1 ? input : this.add('Mul', [input, this.number(factor)]);
  }

  /** The two halves of the last axis. */
  split(input: string): [string, string] {
    const name = this.#newName('Split');
    const outputs: [string, string] = [`${name}_first`, `${name}_second`];
    this.#push(name, 'Split', [input], { outputs, attributes: { axis: -1 } });
    return outputs;
  }

  /** Adds the last node, which makes what the one that it replaces made. */
  end(operator: string, inputs: readonly string[]): void {
    this.#push(this.#newName(operator), operator, inputs, { outputs: this.of.outputs, attributes: {} });
  }

  /** int64 [values.length]. */
  whole(...values: number[]): string {
    return this.#constant(`plain_${values.join('_')}`, 'int64', [values.length], values);
  }

  /** A float32 without dimensions. */
  number(value: number): string {
    return this.#constant(`plain_number_${value}`, 'float32', [], [value]);
  }

  #newName(operator: string): string {
    return `${this.of.name}.${operator}_${this.nodes.length}`;
  }

  #push(
    name: string,
    operator: string,
    inputs: readonly string[],
    made: Pick<GraphNode, 'outputs' | 'attributes'>,
  ): void {
    this.nodes.push({ name, operator, inputs, ...made, domain: '' });
  }

  #constant(name: string, type: NamedConstant['type'], shape: number[], values: number[]): string {
    if (!this.#constants.has(name)) this.#constants.set(name, constantOf(name, type, shape, values));
    return name;
  }
}
