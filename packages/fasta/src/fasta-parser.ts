import { badResidue } from './bad-residue.js';
import type { FastaOptions } from './fasta-options.js';
import { notFasta } from './files/first-bytes.js';
import { idProblem } from './id-problem.js';
import { InputError, type InputErrorCode } from './input-error.js';
import { residueTable } from './residue-table.js';

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const GREATER = 0x3e;
const BOM = [0xef, 0xbb, 0xbf];
const MAX_ID_BYTES = 64 * 1024;

const LINE_START = 0;
const ID = 1;
const DESCRIPTION = 2;
const RESIDUES = 3;
const AFTER_CR = 4;

/**
 * Reads one FASTA file, pushed in chunks of any size. Accepts LF and CRLF, blank lines, blanks within lines,
 * lower case, a UTF-8 byte order mark and a missing final line break. Residues come out contiguous and in
 * upper case. The ID is the header's first word.
 *
 * Allocates nothing per line or residue: residues go straight into the caller's staging buffer.
 */
export class FastaParser {
  readonly #options: FastaOptions;
  /** Byte → its residue, or 0. */
  readonly #residueOf: Uint8Array;
  #state = LINE_START;
  #bom = 0;
  #line = 1;
  #record = 0;
  #headerLine = 0;
  #id = new Uint8Array(256);
  #idLength = 0;
  #residues = 0;

  constructor(options: FastaOptions) {
    this.#options = options;
    this.#residueOf = residueTable(options.allowed);
  }

  /**
   * Parses the next bytes of the file.
   *
   * @param chunk the bytes; not kept.
   * @param out receives residues from index `at` on; must have room for `chunk.length` of them.
   * @returns the index after the last residue written.
   * @throws InputError for the first fault in the file.
   */
  write(chunk: Uint8Array, out: Uint8Array, at: number): number {
    const residueOf = this.#residueOf;
    const length = chunk.length;
    let to = at;
    let i = 0;
    while (i < length) {
      if (this.#state === RESIDUES) {
        const from = to;
        for (let residue = 0; i < length; i++) {
          residue = residueOf[chunk[i]!]!;
          if (residue === 0) break;
          out[to++] = residue;
        }
        this.#residues += to - from;
        if (i === length) break;
        this.#betweenResidues(chunk[i++]!);
        continue;
      }
      if (this.#state === DESCRIPTION) {
        while (i < length && chunk[i] !== LF && chunk[i] !== CR) i++;
        if (i === length) break;
        this.#lineEnd(chunk[i++]!);
        continue;
      }
      const byte = chunk[i]!;
      if (this.#state === LINE_START) {
        // Leave a residue to the fast loop above.
        if (this.#atLineStart(byte)) i++;
      } else {
        i++;
        if (this.#state === ID) this.#inId(byte);
        else this.#afterCr(byte);
      }
    }
    return to;
  }

  /** Ends the file. @throws InputError if it has no record, or its last record has no residue. */
  end(): void {
    if (this.#state === ID) this.#endId();
    if (this.#record === 0) {
      throw new InputError(
        'empty',
        { file: this.#options.file },
        'the file has no record; check the program that writes it',
      );
    }
    this.#endRecord();
  }

  #lineEnd(byte: number): void {
    if (byte === CR) {
      this.#state = AFTER_CR;
    } else {
      this.#line++;
      this.#state = LINE_START;
    }
  }

  #afterCr(byte: number): void {
    if (byte === LF) {
      this.#lineEnd(LF);
      return;
    }
    throw new InputError(
      'bad_line_end',
      { file: this.#options.file, line: this.#line },
      "a carriage return without a line feed; convert the line breaks first, e.g. with `tr '\\r' '\\n'`",
    );
  }

  #betweenResidues(byte: number): void {
    if (byte === LF || byte === CR) this.#lineEnd(byte);
    else if (byte !== SPACE && byte !== TAB) {
      this.#fail('bad_residue', this.#line, badResidue(byte, this.#options.hint));
    }
  }

  /** Returns whether it has consumed the byte. */
  #atLineStart(byte: number): boolean {
    if (byte === GREATER && (this.#bom === 0 || this.#bom === BOM.length)) {
      if (this.#record > 0) this.#endRecord();
      this.#bom = BOM.length;
      this.#record++;
      this.#headerLine = this.#line;
      this.#idLength = 0;
      this.#residues = 0;
      this.#state = ID;
      return true;
    }
    if (this.#record > 0) {
      if (byte === LF || byte === CR) this.#lineEnd(byte);
      else if (byte !== SPACE && byte !== TAB) {
        this.#state = RESIDUES;
        return false;
      }
      return true;
    }
    if (this.#bom < BOM.length && byte === BOM[this.#bom]) {
      this.#bom++;
      return true;
    }
    if (this.#bom === 0 || this.#bom === BOM.length) {
      this.#bom = BOM.length;
      if (byte === LF || byte === CR) this.#lineEnd(byte);
      else if (byte !== SPACE && byte !== TAB) this.#failNotFasta(byte);
      return true;
    }
    return this.#failNotFasta(BOM[0]!);
  }

  #inId(byte: number): void {
    if (byte === LF || byte === CR) {
      this.#endId();
      this.#lineEnd(byte);
    } else if (byte === SPACE || byte === TAB) {
      this.#endId();
      this.#state = DESCRIPTION;
    } else {
      if (this.#idLength === this.#id.length) this.#growId();
      this.#id[this.#idLength++] = byte;
    }
  }

  #growId(): void {
    if (this.#idLength === MAX_ID_BYTES) {
      this.#fail('bad_id', this.#headerLine, `the ID is longer than ${MAX_ID_BYTES} bytes; shorten it`);
    }
    const longer = new Uint8Array(2 * this.#id.length);
    longer.set(this.#id);
    this.#id = longer;
  }

  #endId(): void {
    const id = this.#id.subarray(0, this.#idLength);
    const problem = idProblem(id);
    if (problem) this.#fail('bad_id', this.#headerLine, problem);
    this.#options.header(id, this.#record, this.#headerLine);
  }

  #endRecord(): void {
    if (this.#residues === 0) {
      this.#fail(
        'no_residues',
        this.#headerLine,
        'no sequence follows this header; add the sequence, or remove the header',
      );
    }
    this.#options.end(this.#residues);
  }

  #failNotFasta(byte: number): never {
    throw new InputError(
      'not_fasta',
      { file: this.#options.file, line: this.#line },
      notFasta(byte) ?? 'not FASTA',
    );
  }

  #fail(code: InputErrorCode, line: number, problem: string): never {
    const id = Buffer.from(this.#id.subarray(0, this.#idLength)).toString('utf8');
    throw new InputError(
      code,
      { file: this.#options.file, record: this.#record, line, ...(id && { id }) },
      problem,
    );
  }
}
