import type { Fault, Refusal } from './fault.js';
import type { IdRule } from './id-rule.js';
import type { InputNotes } from './input-notes.js';

/** Called with each record, and with each fault. */
export interface FastaHandler {
  /**
   * A header was read.
   * @param id the bytes are valid only during the call, as those of `description`.
   * @param record its number within the file, from 1.
   * @param line the header's line, from 1.
   * @param description what the header says beside the ID, escaped as a field of a table.
   */
  header(id: Uint8Array, record: number, line: number, description: Uint8Array): void;
  /**
   * The current record is complete, with this many residues (at least 1).
   * @returns why it is refused, or null. A refused record is already forgotten.
   */
  end(residues: number): Refusal | null;
  /** The current record, whose header was passed on, has a fault: forget its residues. */
  drop(): void;
  /** A record cannot be used. May throw to stop reading. */
  fault(fault: Fault): void;
}

/** How to read one file. */
export interface FastaOptions extends FastaHandler {
  /** Name used in errors. */
  file: string;
  /** 256 flags: nonzero for each upper-case byte that may be a residue. Lower case counts as upper. */
  allowed: Uint8Array;
  /** Ends the error about a disallowed byte: what the model reads, and the remedy. */
  hint: string;
  /** How the ID is found in a header. Default: the first word. */
  idRule?: IdRule;
  /** Counts what is read as something else. Default: counts that nobody sees. */
  notes?: InputNotes;
}
