import type { Sink } from '@holdfast/pt-serializer';

/** What every output format is given. */
export interface Result {
  /** `[rows, dim]`, float32. */
  shape: readonly [rows: number, dim: number];
  /** Names of the columns, where the model has names for them. */
  columns: readonly string[] | null;
  /** Facts for a format that has room for them. */
  facts: Readonly<Record<string, string>>;
  /** All IDs in the rows' order, for a format that holds them. */
  ids(): Promise<string[]>;
  /** The rows' little-endian bytes, in order, in chunks of a few MiB. May be asked for once. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Writes a result to a sink; equal results give equal bytes. */
export type WriteFormat = (sink: Sink, result: Result) => Promise<void>;
