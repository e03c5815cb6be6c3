import { grouped } from '@holdfast/options';
import { badResidue, type Residues } from './bad-residue.js';
import { describeByte } from './files/first-bytes.js';
import type { LineReader } from './line-reader.js';
import type { RecordTracker } from './record-tracker.js';

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const GREATER = 0x3e;
const AT = 0x40;
const PLUS = 0x2b;
const LAST_QUALITY = 0x7e;

/** A line begins, and a header is due. */
const RECORD = 0;
const HEADER = 1;
/** The rest of a header. */
const DESCRIPTION = 2;
/** A line begins, and letters or the + line are due. */
const LETTERS_START = 3;
const LETTERS = 4;
const PLUS_LINE = 5;
const QUALITY_START = 6;
const QUALITY = 7;
/** The rest of a line after a record's end that is no header. */
const LOST = 8;

const isLineEnd = (byte: number) => byte === LF || byte === CR;
const isBlank = (byte: number) => byte === SPACE || byte === TAB;

const CUT = 'the record has no "+" line or no qualities; the file may be cut off: copy or download it again';
const WITHOUT_PLUS =
  'no "+" line and no qualities follow the sequence; if this is SAM, convert it first, e.g. with `samtools fasta`';
const NEITHER =
  'a line follows the qualities that begins with neither "@" nor ">"; the qualities are longer than the sequence, or this is not FASTQ';

/**
 * Reads the lines of FASTQ; letters and qualities may be wrapped. Qualities are counted and left out. Only
 * their number shows where a record ends, because `@` is a quality too. They take at most as many lines as the
 * letters, so the next header is found even if they are too few or too many.
 */
export class FastqLines implements LineReader {
  readonly #track: RecordTracker;
  readonly #residues: Residues;
  #state = RECORD;
  /** Letters of the current record, residues or not, and their lines. */
  #letters = 0;
  #lines = 0;
  #qualities = 0;
  #qualityLines = 0;

  constructor(track: RecordTracker, residues: Residues) {
    this.#track = track;
    this.#residues = residues;
  }

  read(chunk: Uint8Array, start: number, out: Uint8Array): number {
    const { length } = chunk;
    let i = start;
    while (i < length) {
      const byte = chunk[i]!;
      switch (this.#state) {
        case RECORD:
        case LETTERS_START:
          // FASTA begins here.
          if (byte === GREATER) return this.#leave(i);
          if (this.#atLineStart(byte)) i++;
          break;
        case LETTERS:
          i = this.#track.bad ? this.#countLetters(chunk, i) : this.#takeLetters(chunk, i, out);
          break;
        case QUALITY_START:
          this.#atQualities(byte);
          if (this.#state === QUALITY_START) i++;
          break;
        case QUALITY:
          i = this.#countQualities(chunk, i);
          break;
        case HEADER:
          i = this.#inHeader(chunk, i);
          break;
        default:
          while (i < length && !isLineEnd(chunk[i]!)) i++;
          if (i < length) this.#restEnds(chunk[i++]!);
      }
    }
    return length;
  }

  end(): void {
    const track = this.#track;
    if (this.#state === HEADER) track.name('@');
    if (this.#state === QUALITY) this.#checkQualities(true);
    else if (
      this.#state !== RECORD &&
      this.#state !== LOST &&
      !(this.#state === PLUS_LINE && this.#letters === 0)
    )
      track.fault('bad_fastq', CUT);
    track.end(true);
  }

  #leave(at: number): number {
    if (this.#state === LETTERS_START) this.#track.fault('bad_fastq', WITHOUT_PLUS);
    this.#track.end(true);
    this.#state = RECORD;
    return at;
  }

  #begin(): void {
    this.#track.end(true);
    this.#track.begin();
    this.#letters = 0;
    this.#lines = 0;
    this.#qualities = 0;
    this.#qualityLines = 0;
    this.#state = HEADER;
  }

  /** At a line's start, where no quality is due. Returns whether it has consumed the byte. */
  #atLineStart(byte: number): boolean {
    const track = this.#track;
    const inRecord = this.#state === LETTERS_START;
    if (track.belongsToReturn(byte) || isBlank(byte)) return true;
    if (isLineEnd(byte)) track.lineEnd(byte);
    else if (byte === AT) {
      if (inRecord) track.fault('bad_fastq', WITHOUT_PLUS);
      this.#begin();
    } else if (inRecord && byte === PLUS) this.#state = PLUS_LINE;
    else if (inRecord) {
      this.#lines++;
      this.#state = LETTERS;
      return false;
    } else {
      track.fault('bad_fastq', NEITHER);
      this.#state = LOST;
    }
    return true;
  }

  #inHeader(chunk: Uint8Array, start: number): number {
    const track = this.#track;
    const at = track.header.take(chunk, start);
    if (at === chunk.length) return at;
    track.name('@');
    this.#state = DESCRIPTION;
    return at;
  }

  #restEnds(byte: number): void {
    this.#track.lineEnd(byte);
    if (this.#state === DESCRIPTION) this.#state = LETTERS_START;
    else this.#state = this.#state === PLUS_LINE && this.#letters > 0 ? QUALITY_START : RECORD;
  }

  #takeLetters(chunk: Uint8Array, start: number, out: Uint8Array): number {
    const track = this.#track;
    const { residueOf } = this.#residues;
    const from = track.to;
    let to = from;
    let i = start;
    for (let residue = 0; i < chunk.length; i++) {
      residue = residueOf[chunk[i]!]!;
      if (residue === 0) break;
      out[to++] = residue;
    }
    track.to = to;
    track.residues += to - from;
    this.#letters += to - from;
    if (i === chunk.length) return i;
    const byte = chunk[i]!;
    if (isLineEnd(byte)) return this.#lettersEnd(byte, i);
    if (!isBlank(byte)) {
      this.#letters++;
      track.fault('bad_residue', badResidue(byte, this.#residues));
    }
    return i + 1;
  }

  /** Counts the letters of a record with a fault: their number shows where its qualities end. */
  #countLetters(chunk: Uint8Array, start: number): number {
    let i = start;
    for (; i < chunk.length && !isLineEnd(chunk[i]!); i++) if (!isBlank(chunk[i]!)) this.#letters++;
    return i === chunk.length ? i : this.#lettersEnd(chunk[i]!, i);
  }

  #lettersEnd(byte: number, at: number): number {
    this.#track.lineEnd(byte);
    this.#state = LETTERS_START;
    return at + 1;
  }

  #atQualities(byte: number): void {
    if (this.#track.belongsToReturn(byte)) return;
    if (isLineEnd(byte)) {
      this.#track.lineEnd(byte);
      return;
    }
    this.#qualityLines++;
    this.#state = QUALITY;
  }

  #countQualities(chunk: Uint8Array, start: number): number {
    let i = start;
    for (; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte > SPACE && byte <= LAST_QUALITY) this.#qualities++;
      else if (isLineEnd(byte)) {
        this.#qualitiesEnd(byte);
        return i + 1;
      } else if (!isBlank(byte))
        this.#track.fault('bad_fastq', `${describeByte(byte)} is not a quality; check the file`);
    }
    return i;
  }

  #qualitiesEnd(byte: number): void {
    const last = this.#qualityLines === this.#lines;
    this.#checkQualities(last);
    this.#track.lineEnd(byte);
    this.#state = last || this.#qualities === this.#letters ? RECORD : QUALITY_START;
  }

  /** @param last whether these are all qualities of the record. */
  #checkQualities(last: boolean): void {
    const [letters, qualities] = [this.#letters, this.#qualities];
    if (qualities === letters || (qualities < letters && !last)) return;
    const how = qualities > letters ? 'longer' : 'shorter';
    const problem = `the quality is ${how} than the sequence (${grouped(qualities)} and ${grouped(letters)} letters); repair the record, or remove it`;
    this.#track.fault('bad_fastq', problem);
  }
}
