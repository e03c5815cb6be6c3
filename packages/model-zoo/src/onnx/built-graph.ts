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
  /** Numbers in a row. */
  dim: number;
  /** Tokens in its table. */
  vocabulary: number;
}

/**
 * Encodes a graph. ONNX Runtime refuses weights outside of the folder that it is given, also behind a symbolic
 * link, as in the cache of Hugging Face; so links are resolved here.
 */
export function builtGraph(
  graph: GraphBuilder,
  { dim, vocabulary }: Pick<BuiltGraph, 'dim' | 'vocabulary'>,
): BuiltGraph {
  const { files } = graph;
  const real = new Map(files.map((file) => [file, realpathSync(file)]));
  const folder = commonFolder([...real.values()]);
  return {
    model: graph.encode((file) => relative(folder, real.get(file)!).split(sep).join('/')),
    folder,
    files,
    identity: graph.encode((file) => `weights-${files.indexOf(file)}`),
    dim,
    vocabulary,
  };
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? sep);
  while (files.some((file) => relative(folder, file).startsWith('..'))) folder = dirname(folder);
  return folder;
}
