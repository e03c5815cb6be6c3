import type { FastaOptions } from './fasta-options.js';
import type { RecordFaultCode } from './fault.js';
import { HeaderText } from './header-text.js';
import { idProblem } from './id-problem.js';
import { type InputNotes, noNotes } from './input-notes.js';

const LF = 0x0a;
const CR = 0x0d;

/**
 * The current record and place of a file that is being read, in any format. After a fault in a record, the
 * rest of it is read without effect: its residues in the caller's buffer are taken back, and the sink forgets
 * those that it had before.
 */
export class RecordTracker {
  readonly notes: InputNotes;
  readonly header: HeaderText;
  /** The current line, from 1. */
  line = 1;
  /** The current record, from 1; 0 before the first. */
  number = 0;
  residues = 0;
  /** Whether the current record has a fault. */
  bad = false;
  /** Index in the caller's buffer after the last residue. */
  to = 0;
  readonly #options: FastaOptions;
  /** Index in the caller's buffer where the current record's residues begin. */
  #from = 0;
  #headerLine = 0;
  /** Whether the current record's header was passed on. */
  #named = false;
  #open = false;
  #afterReturn = false;
  /** The current record's ID, or what there is of it. */
  #id: Uint8Array = new Uint8Array(0);

  constructor(options: FastaOptions) {
    this.#options = options;
    this.notes = options.notes ?? noNotes();
    this.header = new HeaderText(options.idRule);
  }

  /** Residues go to the caller's buffer from here on. */
  resume(at: number): void {
    this.to = at;
    this.#from = at;
  }

  /** A line has ended. @param byte LF or CR. */
  lineEnd(byte: number): void {
    this.line++;
    this.#afterReturn = byte === CR;
  }

  /** Called with the first byte of a line. Whether it is only the second byte of a CRLF. */
  belongsToReturn(byte: number): boolean {
    if (!this.#afterReturn) return false;
    this.#afterReturn = false;
    if (byte === LF) return true;
    this.notes.cr_line_ends++;
    return false;
  }

  /** Whether a residue at the start of a line belongs to the current record, and there is nothing to count. */
  get takesResidues(): boolean {
    return this.#open && !this.bad && !this.#afterReturn;
  }

  /** A header begins; the record before has ended. */
  begin(): void {
    this.number++;
    this.#headerLine = this.line;
    this.residues = 0;
    this.bad = false;
    this.#open = true;
    this.#named = false;
    this.#from = this.to;
    this.header.clear();
    this.#id = this.header.bytes;
  }

  /** The header is read. */
  name(sign: string): void {
    const { header } = this;
    const { bytes } = header;
    this.#id = bytes;
    const found = header.tooLong
      ? header.tooLongProblem
      : bytes.length === 0
        ? bytes
        : header.rule.idOf(bytes);
    const problem = typeof found === 'string' ? found : idProblem(found, sign);
    if (typeof found === 'string' || problem !== undefined) {
      this.fault('bad_id', problem ?? '', this.#headerLine);
      return;
    }
    this.#named = true;
    this.#id = found;
    this.#options.header(found, this.number, this.#headerLine, header.description);
  }

  /** Ends the current record, if one is open. @param fastq whether its qualities were left out. */
  end(fastq = false): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.bad) return;
    if (this.residues === 0) {
      const problem = 'no sequence follows this header; add the sequence, or remove the header';
      this.fault('no_residues', problem, this.#headerLine);
      return;
    }
    const refusal = this.#options.end(this.residues);
    if (refusal === null) {
      if (fastq) this.notes.fastq_records++;
      return;
    }
    // The sink has forgotten it already.
    this.#named = false;
    this.fault(refusal.code, refusal.problem, this.#headerLine);
  }

  /** The current record has a fault. Only its first one counts. */
  fault(code: RecordFaultCode, problem: string, line = this.line): void {
    if (this.bad) return;
    this.bad = true;
    this.to = this.#from;
    if (this.#named) this.#options.drop();
    const id = Buffer.from(this.#id).toString('utf8');
    this.#options.fault({ code, problem, record: this.number, line, ...(id && { id }) });
  }
}
