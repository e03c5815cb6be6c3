import { FastaLines } from './fasta-lines.js';
import type { FastaOptions } from './fasta-options.js';
import { FastqLines } from './fastq-lines.js';
import { InputError } from './input-error.js';
import type { LineReader } from './line-reader.js';
import { RecordTracker } from './record-tracker.js';
import { residueTable } from './residue-table.js';

/**
 * Reads one file of FASTA or FASTQ, pushed in chunks of any size. Residues come out contiguous and in upper
 * case. Accepts line ends of LF, CRLF and CR, blank lines, blanks within lines, lower case, byte order marks at
 * the start of lines, lines that begin with `;`, a missing final line break, and records of both formats in one
 * file.
 *
 * A fault in a record is passed to `fault`; reading goes on with the next record.
 */
export class FastaParser {
  readonly #file: string;
  readonly #track: RecordTracker;
  readonly #fasta: LineReader;
  readonly #fastq: LineReader;
  #current: LineReader;

  constructor(options: FastaOptions) {
    const { file, hint } = options;
    const residueOf = residueTable(options.allowed);
    this.#file = file;
    this.#track = new RecordTracker(options);
    this.#fasta = new FastaLines(this.#track, { file, hint, residueOf });
    this.#fastq = new FastqLines(this.#track, { hint, residueOf });
    this.#current = this.#fasta;
  }

  /**
   * Parses the next bytes of the file.
   *
   * @param chunk the bytes; not kept.
   * @param out receives residues from index `at` on; must have room for `chunk.length` of them.
   * @returns the index after the last residue. Residues of a record with a fault are overwritten.
   * @throws InputError if the file is neither FASTA nor FASTQ; what `fault` throws.
   */
  write(chunk: Uint8Array, out: Uint8Array, at: number): number {
    this.#track.resume(at);
    let i = this.#current.read(chunk, 0, out);
    while (i < chunk.length) {
      this.#current = this.#current === this.#fasta ? this.#fastq : this.#fasta;
      i = this.#current.read(chunk, i, out);
    }
    return this.#track.to;
  }

  /** The current line, from 1. */
  get line(): number {
    return this.#track.line;
  }

  /** Ends the file. @throws InputError if it has no record; what `fault` throws. */
  end(): void {
    this.#current.end();
    if (this.#track.number > 0) return;
    const problem = 'the file has no record; check the program that writes it';
    throw new InputError('empty', { file: this.#file }, problem);
  }
}
