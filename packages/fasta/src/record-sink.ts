import type { Refusal } from './fault.js';

/** Most bytes of residues that may be staged between two calls of {@link RecordSink.settle}. */
export const ROOM_BYTES = 512 * 1024;

/** Receives records from a parser. */
export interface RecordSink {
  /**
   * A record begins.
   *
   * @param id valid only during the call, as is `description`.
   * @param record number within the input, from 1. Rows of one record have the same, and the same description.
   * @param line from 1.
   * @param description what the header says beside the ID, escaped as a field of a table. Default: nothing.
   */
  header(id: Uint8Array, record: number, line: number, description?: Uint8Array): void;
  /** Lets `fill` write up to `ROOM_BYTES` residues into a buffer; `fill` returns the index after the last. */
  appendResidues(fill: (staged: Uint8Array, at: number) => number): void;
  /**
   * The current record is complete.
   * @param residues how many it has.
   * @returns why it is refused, or null. A refused record is forgotten as by {@link drop}.
   */
  end(residues: number): Refusal | null;
  /**
   * Forgets the current record. If it began within the current call of `fill`, the caller takes its residues
   * back itself and writes the next ones in their place.
   */
  drop(): void;
  /** Writes the staged data and makes room again. */
  settle(): Promise<void>;
}
