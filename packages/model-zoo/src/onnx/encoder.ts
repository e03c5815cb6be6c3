import { realpathSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import type { GraphBuilder } from './graph-builder.js';

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

/** The output with the rows after the last norm. */
export const LAST = 'last_hidden_state';
/** The outputs with the rows after each layer begin so; 0 are the embeddings before the first layer, the last are `LAST`. */
export const LAYER = 'hidden_states.';

/** Facts about an encoder. */
export interface EncoderFacts {
  /** Numbers in a row. */
  dim: number;
  /** Tokens in the table of embeddings. */
  vocabulary: number;
  /** The outputs that a graph can have, float32 [n, tokens, dim] each: `last_hidden_state`, then `hidden_states.0`, …. */
  outputs: readonly string[];
}

/** A model's encoder, of which graphs can be made. */
export class Encoder implements EncoderFacts {
  readonly dim: number;
  readonly vocabulary: number;
  readonly outputs: readonly string[];
  readonly #graph: GraphBuilder;

  constructor(graph: GraphBuilder, { dim, vocabulary, outputs }: EncoderFacts) {
    this.#graph = graph;
    this.dim = dim;
    this.vocabulary = vocabulary;
    this.outputs = outputs;
  }

  /**
   * The graph of one output; it computes nothing else. ONNX Runtime refuses weights outside of the folder that it is
   * given, also behind a symbolic link, as in the cache of Hugging Face; so links are resolved here.
   *
   * @param output one of `outputs`; default: `last_hidden_state`.
   * @throws RangeError for another output.
   */
  build(output: string = LAST): BuiltGraph {
    if (!this.outputs.includes(output))
      throw new RangeError(`there is no output '${output}'; the outputs are ${this.outputs.join(', ')}`);
    const { files } = this.#graph;
    const real = new Map(files.map((file) => [file, realpathSync(file)]));
    const folder = commonFolder([...real.values()]);
    return {
      model: this.#graph.encode(output, (file) => relative(folder, real.get(file)!).split(sep).join('/')),
      folder,
      files,
      identity: this.#graph.encode(output, (file) => `weights-${files.indexOf(file)}`),
    };
  }
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? sep);
  while (files.some((file) => relative(folder, file).startsWith('..'))) folder = dirname(folder);
  return folder;
}
