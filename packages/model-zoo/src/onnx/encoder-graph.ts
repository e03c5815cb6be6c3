import type { Affine } from '../weights/named-tensors.js';
import { Encoder, LAST, LAYER } from './encoder.js';
import { GraphBuilder } from './graph-builder.js';
import { MICROSOFT } from './graph-node.js';
import { ELEMENT, type StoredTensor } from './stored-tensor.js';

/**
 * The parts that encoders of transformers have in common. Token vectors are [n × tokens, dim] between them, since matrix products
 * then need no reshaping. All sequences of a call have one length: there is no mask, so a row cannot depend on its neighbours.
 */
export class EncoderGraph {
  readonly graph: GraphBuilder;
  readonly ids: string;
  readonly dim: number;
  readonly #shape: string;
  #positions: string | undefined;
  #vocabulary = 0;
  readonly #layers: string[] = [];
  readonly #shapes = new Map<string, readonly (number | string)[]>();

  constructor(name: string, dim: number) {
    this.graph = new GraphBuilder(name);
    this.dim = dim;
    this.ids = this.graph.input('input_ids', 'int64', ['n', 'tokens']);
    this.#shape = this.graph.node('Shape', [this.ids]);
  }

  /** A weight as float32. */
  take(name: string, tensor: StoredTensor): string {
    const stored = this.graph.weight(name, tensor);
    return tensor.type === 'float32' ? stored : this.graph.node('Cast', [stored], { to: ELEMENT.float32 });
  }

  scalar(name: string, value: number): string {
    return this.graph.constant(name, 'float32', [], [value]);
  }

  whole(name: string, ...values: number[]): string {
    return this.graph.constant(name, 'int64', [values.length], values);
  }

  /** int64 [tokens]: 0, 1, … */
  get positions(): string {
    if (this.#positions === undefined) {
      const number = (name: string, value: number) => this.graph.constant(name, 'int64', [], [value]);
      const count = this.graph.node('Gather', [this.#shape, number('second', 1)], { axis: 0 });
      this.#positions = this.graph.node('Range', [number('begin', 0), count, number('step', 1)]);
    }
    return this.#positions;
  }

  /** The rows of the tokens in the table of embeddings: [n, tokens, dim]. */
  embed(name: string, table: StoredTensor): string {
    this.#vocabulary = table.shape[0]!;
    return this.graph.node('Gather', [this.take(name, table), this.ids]);
  }

  /** [n, tokens, dim] → [n × tokens, dim]. */
  flat(input: string, dim = this.dim): string {
    return this.graph.node('Reshape', [input, this.whole(`rows_of_${dim}`, -1, dim)]);
  }

  /** [n × tokens, dim] → [n, tokens, dim]. */
  deep(input: string, dim = this.dim): string {
    const shape = this.graph.node('Concat', [this.#shape, this.whole(`width_${dim}`, dim)], { axis: 0 });
    return this.graph.node('Reshape', [input, shape]);
  }

  add(a: string, b: string): string {
    return this.graph.node('Add', [a, b]);
  }

  mul(a: string, b: string): string {
    return this.graph.node('Mul', [a, b]);
  }

  /** @param facts `full`: its numbers may be too large for half precision. */
  linear(input: string, { name, weight, bias }: Affine, facts: { full?: true } = {}): string {
    const inputs = [input, this.take(`${name}.weight`, weight)];
    if (bias !== null) inputs.push(this.take(`${name}.bias`, bias));
    return this.graph.node('Gemm', inputs, { transB: 1 }, facts);
  }

  norm(input: string, { name, weight, bias }: Affine, epsilon: number): string {
    const inputs = [input, this.take(`${name}.weight`, weight)];
    if (bias !== null) inputs.push(this.take(`${name}.bias`, bias));
    return this.graph.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } });
  }

  /** Without subtracting the mean, and without a bias, as T5's. */
  rootMeanSquareNorm(input: string, { name, weight }: Affine, epsilon: number): string {
    const inputs = [input, this.take(`${name}.weight`, weight)];
    return this.graph.node('SimplifiedLayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } });
  }

  /** With the error function, not its approximation by tanh. */
  gelu(input: string): string {
    return this.graph.node('Gelu', [input], {}, { domain: MICROSOFT });
  }

  /** x · sigmoid(x). */
  silu(input: string): string {
    return this.graph.node('QuickGelu', [input], { alpha: { float: 1 } }, { domain: MICROSOFT });
  }

  /** The two halves of the last axis. */
  halves(input: string): [string, string] {
    const outputs = [`${input}_first`, `${input}_second`];
    this.graph.node('Split', [input], { axis: -1 }, { outputs });
    return outputs as [string, string];
  }

  /** Cosines and sines [tokens, head size / 2] of each position times each frequency. */
  rotation(frequencies: string): Rotation {
    const { graph } = this;
    const positions = graph.node('Cast', [this.positions], { to: ELEMENT.float32 });
    const angles = graph.node('Mul', [
      graph.node('Unsqueeze', [positions, this.whole('axis_1', 1)]),
      frequencies,
    ]);
    return { cos: graph.node('Cos', [angles]), sin: graph.node('Sin', [angles]) };
  }

  /** Rotates queries or keys, halves of a head with each other. @returns [n, tokens, dim]. */
  rotated(input: string, { cos, sin }: Rotation, heads: number): string {
    const inputs = [this.deep(input), this.whole('first_position', 0), cos, sin];
    const of = { domain: MICROSOFT, headSize: this.dim / heads };
    return this.graph.node('RotaryEmbedding', inputs, { num_heads: heads }, of);
  }

  /**
   * Attention over all tokens of a sequence. @param inputs [n, tokens, width] each. @returns [n × tokens, width].
   */
  attention(
    [query, key, value]: readonly [string, string, string],
    { heads, width = this.dim, bias, scale }: AttentionShape,
  ): string {
    const inputs = [query, key, value, ...(bias === undefined ? [] : ['', '', bias])];
    const attributes = { num_heads: heads, ...(scale === undefined ? {} : { scale: { float: scale } }) };
    const of = { domain: MICROSOFT, headSize: width / heads };
    return this.flat(this.graph.node('MultiHeadAttention', inputs, attributes, of), width);
  }

  /** Notes the rows after the embedding, then after each layer. */
  layer(rows: string): void {
    this.#layers.push(rows);
  }

  /**
   * Ends the graph.
   *
   * @param rows the last layer's, after the last norm.
   * @param heads outputs beside the layers, in order.
   */
  finish(rows: string, heads: readonly Head[] = []): Encoder {
    const { graph, dim } = this;
    const shape = ['n', 'tokens', dim];
    const values = [...this.#layers.slice(0, -1), rows];
    const hidden = values.map((value, i) => this.offer(`${LAYER}${i}`, this.deep(value), shape));
    const layers = [this.offer(LAST, this.deep(rows), shape), ...hidden];
    graph.beginHeads();
    const outputs = [...layers, ...heads.map((head) => head(this, rows))];
    const shapes = outputs.map((output) => this.#shapes.get(output)!);
    return new Encoder(graph, { dim, vocabulary: this.#vocabulary, layers, outputs, shapes });
  }

  /** Makes a value an output. @returns its name. */
  offer(name: string, value: string, shape: readonly (number | string)[]): string {
    this.graph.node('Identity', [value], {}, { outputs: [name] });
    this.graph.output(name, 'float32', shape);
    this.#shapes.set(name, shape);
    return name;
  }
}

/** Adds an output to a graph whose last rows are there. @returns the output's name. */
export type Head = (of: EncoderGraph, rows: string) => string;

/** Names of values in a graph. */
export interface Rotation {
  cos: string;
  sin: string;
}

export interface AttentionShape {
  heads: number;
  /** Numbers of a token in all heads together; by default those of a row. */
  width?: number;
  /** Added to the scores, [1, heads, tokens, tokens]. */
  bias?: string;
  /** Of the scores; by default 1 / √(head size). */
  scale?: number;
}

/** base^(-2i / size), as float32: the frequencies of a rotary embedding where the checkpoint holds none. */
export function rotaryFrequencies(size: number, base = 10_000): number[] {
  return Array.from({ length: size / 2 }, (_, i) => Math.fround(1 / Math.fround(base ** ((2 * i) / size))));
}
