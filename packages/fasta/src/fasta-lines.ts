import { badResidue } from './bad-residue.js';
import { notFasta } from './files/first-bytes.js';
import { InputError } from './input-error.js';
import type { LineReader } from './line-reader.js';
import type { RecordTracker } from './record-tracker.js';

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const GREATER = 0x3e;
const AT = 0x40;
const SEMICOLON = 0x3b;
const BOM = [0xef, 0xbb, 0xbf];

const LINE_START = 0;
const HEADER = 1;
const RESIDUES = 2;
/** The rest of a line that has no residues: of a header, a comment or a record with a fault. */
const REST = 3;

/** What FASTA is read with. */
export interface FastaLinesOptions {
  file: string;
  hint: string;
  /** Byte → its residue, or 0. */
  residueOf: Uint8Array;
}

/**
 * Reads the lines of FASTA. Allocates nothing per line or residue: residues go straight into the caller's
 * staging buffer.
 */
export class FastaLines implements LineReader {
  readonly #track: RecordTracker;
  readonly #options: FastaLinesOptions;
  #state = LINE_START;
  /** Bytes of a byte order mark so far. */
  #bom = 0;
  /** Whether nothing but a byte order mark was read. */
  #first = true;

  constructor(track: RecordTracker, options: FastaLinesOptions) {
    this.#track = track;
    this.#options = options;
  }

  read(chunk: Uint8Array, start: number, out: Uint8Array): number {
    const { residueOf } = this.#options;
    const track = this.#track;
    const length = chunk.length;
    let i = start;
    while (i < length) {
      if (this.#state === RESIDUES) {
        const from = track.to;
        let to = from;
        for (let residue = 0; i < length; i++) {
          residue = residueOf[chunk[i]!]!;
          if (residue === 0) break;
          out[to++] = residue;
        }
        track.to = to;
        track.residues += to - from;
        if (i < length) this.#betweenResidues(chunk[i++]!);
      } else if (this.#state === REST) {
        while (i < length && chunk[i] !== LF && chunk[i] !== CR) i++;
        if (i < length) this.#lineEnd(chunk[i++]!);
      } else if (this.#state === HEADER) {
        i = this.#inHeader(chunk, i);
      } else if (residueOf[chunk[i]!] !== 0 && this.#bom === 0 && track.takesResidues) {
        // The usual line, without the questions below.
        this.#state = RESIDUES;
      } else {
        // FASTQ begins here.
        if (chunk[i] === AT && this.#bom === 0) return this.#leave(i);
        // Leave a residue to the fast loop above.
        if (this.#atLineStart(chunk[i]!)) i++;
      }
    }
    return length;
  }

  end(): void {
    if (this.#state === HEADER) this.#track.name('>');
    if (this.#bom > 0) this.#halfMark();
    this.#track.end();
  }

  /** Another format begins at a line start. */
  #leave(at: number): number {
    this.#track.end();
    this.#first = false;
    return at;
  }

  #lineEnd(byte: number): void {
    this.#track.lineEnd(byte);
    this.#state = LINE_START;
  }

  #betweenResidues(byte: number): void {
    if (byte === LF || byte === CR) this.#lineEnd(byte);
    else if (byte !== SPACE && byte !== TAB) {
      this.#track.fault('bad_residue', badResidue(byte, this.#options));
      this.#state = REST;
    }
  }

  /** Returns whether it has consumed the byte. */
  #atLineStart(byte: number): boolean {
    const track = this.#track;
    if (this.#bom > 0) return this.#inMark(byte);
    if (track.belongsToReturn(byte)) return true;
    if (byte === BOM[0]) {
      this.#bom = 1;
      return true;
    }
    this.#first = false;
    if (byte === GREATER) {
      track.end();
      track.begin();
      this.#state = HEADER;
    } else if (byte === LF || byte === CR) this.#lineEnd(byte);
    else if (byte === SEMICOLON) {
      track.notes.comments++;
      this.#state = REST;
    } else if (byte !== SPACE && byte !== TAB) {
      if (track.number === 0) this.#notFasta(byte);
      this.#state = track.bad ? REST : RESIDUES;
      return false;
    }
    return true;
  }

  /** Within a byte order mark, or after half of one. */
  #inMark(byte: number): boolean {
    if (byte !== BOM[this.#bom]) {
      this.#halfMark();
      return false;
    }
    this.#bom = (this.#bom + 1) % BOM.length;
    if (this.#bom === 0) {
      if (!this.#first) this.#track.notes.byte_order_marks++;
      this.#first = false;
    }
    return true;
  }

  #halfMark(): void {
    this.#bom = 0;
    if (this.#track.number === 0) this.#notFasta(BOM[0]!);
    this.#track.fault('bad_residue', badResidue(BOM[0]!, this.#options));
    this.#state = REST;
  }

  #inHeader(chunk: Uint8Array, start: number): number {
    const track = this.#track;
    const at = track.header.take(chunk, start);
    if (at === chunk.length) return at;
    track.name('>');
    this.#state = REST;
    return at;
  }

  #notFasta(byte: number): never {
    const place = { file: this.#options.file, line: this.#track.line };
    throw new InputError('not_fasta', place, notFasta(byte) ?? 'not FASTA');
  }
}
