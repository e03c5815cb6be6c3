/** Called with each record. */
export interface FastaHandler {
  /**
   * A header was read.
   * @param id its first word; the bytes are valid only during the call.
   * @param record its number within the file, from 1.
   * @param line the header's line, from 1.
   */
  header(id: Uint8Array, record: number, line: number): void;
  /** The current record is complete, with this many residues (at least 1). */
  end(residues: number): void;
}

/** How to read one FASTA file. */
export interface FastaOptions extends FastaHandler {
  /** Name used in errors. */
  file: string;
  /** 256 flags: nonzero for each upper-case byte that may be a residue. Lower case counts as upper. */
  allowed: Uint8Array;
  /** Ends the error about a disallowed byte: what the model reads, and the remedy. */
  hint: string;
}
