import type { StoredType } from '@holdfast/gpu-runtime';
import type { Sink } from '@holdfast/pt-serializer';

/** The input of every output format. */
export interface Result {
  /** `[rows, dim]`. */
  shape: readonly [rows: number, dim: number];
  /** How the numbers are stored. Default: float32. */
  dtype?: StoredType;
  /** Names of the columns, if the model has them. */
  columns: readonly string[] | null;
  /** Facts, for formats with metadata. */
  facts: Readonly<Record<string, string>>;
  /** All IDs in the rows' order, for formats that hold them. */
  ids(): Promise<string[]>;
  /** The rows' little-endian bytes in order, in chunks of a few MiB. Can be read only once. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Writes a result to a sink; equal results give equal bytes. */
export type WriteFormat = (sink: Sink, result: Result) => Promise<void>;

/** An array of numbers to write. */
export interface Numbers {
  dtype: StoredType | 'int64';
  shape: readonly number[];
  /** Little-endian bytes in order. Can be read only once. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Numbers of which each sequence has as many as its length asks for. */
export interface Values {
  /** int64 [rows + 1]: where each row's numbers begin in `values`, counted along its first dimension; last, its length. */
  offsets: Numbers;
  /** Those of all rows, one behind the other. */
  values: Numbers;
  /** Facts, for formats with metadata. */
  facts: Readonly<Record<string, string>>;
  /** All IDs in the rows' order, for formats that hold them. */
  ids(): Promise<string[]>;
}

/** The files of an output with numbers of tokens; each is written on its own, in order. @param name of the output. */
export type ValueFormat = (
  name: string,
) => readonly { file: string; write(sink: Sink, values: Values): Promise<void> }[];
