/** Called with each record. */
export interface FastaHandler {
  /**
   * A header was read.
   * @param id its first word; the bytes are valid only during the call.
   * @param record number within the file, from 1.
   * @param line of the header, from 1.
   */
  header(id: Uint8Array, record: number, line: number): void;
  /** The record whose header came last is complete, with this many residues (at least 1). */
  end(residues: number): void;
}

/** How to read one FASTA file. */
export interface FastaOptions extends FastaHandler {
  /** Name used in errors. */
  file: string;
  /** 256 flags, one per byte: not 0 for each upper-case byte that may be a residue. Lower case is taken as upper case. */
  allowed: Uint8Array;
  /** Completes the error about a byte that is not allowed: what the reader wants, and what to do. */
  hint: string;
}
