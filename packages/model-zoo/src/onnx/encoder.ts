import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { type Layout, layoutOf, storedIn } from '../int8/layout.js';
import { quantizedGraph } from '../int8/quantized-graph.js';
import { commonFolder } from './common-folder.js';
import type { GraphBuilder } from './graph-builder.js';
import { asAsked, type GraphOptions, type Operators } from './graph-options.js';
import { encodeGraph, type GraphParts } from './graph-parts.js';
import type { StoredTensor } from './stored-tensor.js';

/** A graph without its weights, which stay in the files of the checkpoint. */
export interface BuiltGraph {
  /** An ONNX ModelProto. It names its files of weights relative to `folder`. */
  model: Uint8Array;
  /** Absolute path of the folder that contains all files of weights, without symbolic links. */
  folder: string;
  /** Absolute paths of the files of weights, in the order of their numbers in `identity`. */
  files: readonly string[];
  /** The same model, with numbers for names of files: equal bytes wherever the files are. */
  identity: Uint8Array;
}

/** A stretch of a file that is copied to an offset of another one. */
export interface Copy {
  from: StoredTensor;
  to: number;
}

/** Bytes; what reads tensors in place wants them to begin at a multiple. */
const ALIGNMENT = 64;

/** The output with the rows after the last norm. */
export const LAST = 'last_hidden_state';
/** The outputs with the rows after each layer begin so; 0 are the embeddings before the first layer, the last are `LAST`. */
export const LAYER = 'hidden_states.';
/** The output of a head for masked language modelling: scores of all tokens in the vocabulary, at each token. */
export const LOGITS = 'logits';
/** The output of ESM's contact regression: the probability of a contact, for each pair of residues. */
export const CONTACTS = 'contacts';

/** Facts about an encoder. */
export interface EncoderFacts {
  /** Numbers in a row. */
  dim: number;
  /** Tokens in the table of embeddings. */
  vocabulary: number;
  /** The outputs that a graph can have with a row for each token, float32 [n, tokens, dim]: `last_hidden_state`, then `hidden_states.0`, …. */
  layers: readonly string[];
  /**
   * All outputs that a graph can have: `layers`, then those whose weights are there: `logits` [n, tokens, entries of its
   * vocabulary], and `contacts` [n, residues, residues], without the first and last token. float32 each.
   */
  outputs: readonly string[];
  /** Their shapes, in the order of `outputs`; a string is the name of a length that varies. */
  shapes: readonly (readonly (number | string)[])[];
}

/** A model's encoder, of which graphs can be made. */
export class Encoder implements EncoderFacts {
  readonly dim: number;
  readonly vocabulary: number;
  readonly layers: readonly string[];
  readonly outputs: readonly string[];
  readonly shapes: EncoderFacts['shapes'];
  readonly #graph: GraphBuilder;

  constructor(graph: GraphBuilder, { dim, vocabulary, layers, outputs, shapes }: EncoderFacts) {
    this.#graph = graph;
    this.dim = dim;
    this.vocabulary = vocabulary;
    this.layers = layers;
    this.outputs = outputs;
    this.shapes = shapes;
  }

  /** Absolute paths of the files with the encoder's weights. */
  get files(): readonly string[] {
    return this.#graph.filesOf([LAST]);
  }

  /**
   * The graph of one output or several, which are float32; it computes nothing else. ONNX Runtime refuses weights outside of the
   * folder that it is given, also behind a symbolic link, as in the cache of Hugging Face; so links are resolved here.
   *
   * @param output one or several of `outputs`; default: `last_hidden_state`.
   * @throws RangeError for another output.
   */
  build(output: string | readonly string[] = LAST, options: GraphOptions = {}): BuiltGraph {
    return built(this.#parts(output, options), this.#graph.filesOf([output].flat()));
  }

  /** What a file holds from which every int8 graph of this encoder takes its weights. @param made see `layoutOf`. */
  int8Layout(made: string): Layout {
    return layoutOf(quantizedGraph(this.#parts(LAST)).tensors, made);
  }

  /**
   * The graph of one output or several with linear layers in int8; see `quantizedGraph`. A call of it must hold one sequence.
   *
   * @param output one or several of `layers`.
   * @param file the converted file, which need not be there yet.
   * @throws RangeError for another output.
   */
  buildInt8(output: string | readonly string[], file: string, layout: Layout): BuiltGraph {
    const { parts } = quantizedGraph(this.#parts(output));
    const stored = storedIn(file, layout);
    const weights = parts.weights.map(({ name }) => ({ name, tensor: stored.get(name)! }));
    return built({ ...parts, weights }, [file]);
  }

  /**
   * The graph of one output in float32 for weights that are all in one file beside it.
   *
   * @param data the file's name.
   * @returns the ONNX ModelProto, and which bytes go where in the file.
   * @throws RangeError for another output.
   */
  buildApart(
    output: string,
    data: string,
    operators: Operators,
  ): { model: Uint8Array; copies: readonly Copy[] } {
    const parts = this.#parts(output, { operators });
    let end = 0;
    const copies = parts.weights.map(({ tensor }) => {
      const to = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
      end = to + tensor.length;
      return { from: tensor, to };
    });
    const weights = parts.weights.map(({ name, tensor }, i) => ({
      name,
      tensor: { ...tensor, file: data, offset: copies[i]!.to },
    }));
    return { model: encodeGraph({ ...parts, weights }, () => data), copies };
  }

  #parts(output: string | readonly string[], options: GraphOptions = {}): GraphParts {
    const outputs = [output].flat();
    const unknown = outputs.find((each) => !this.outputs.includes(each));
    if (unknown !== undefined)
      throw new RangeError(`there is no output '${unknown}'; the outputs are ${this.outputs.join(', ')}`);
    return asAsked(this.#graph.parts(outputs), options);
  }
}

function built(parts: GraphParts, files: readonly string[]): BuiltGraph {
  const real = new Map(files.map((file) => [file, realpathSync(file)]));
  const folder = commonFolder([...real.values()]);
  return {
    model: encodeGraph(parts, (file) => relative(folder, real.get(file)!).split(sep).join('/')),
    folder,
    files,
    identity: encodeGraph(parts, (file) => `weights-${files.indexOf(file)}`),
  };
}
