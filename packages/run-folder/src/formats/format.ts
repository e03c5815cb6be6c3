import type { Sink } from '@holdfast/pt-serializer';

/** The input of every output format. */
export interface Result {
  /** `[rows, dim]`, float32. */
  shape: readonly [rows: number, dim: number];
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
