import { FIRST_WORD, type IdRule } from './id-rule.js';
import { isPlain, MOST_TEXT, tableText } from './table-text.js';

const MOST_BYTES = 64 * 1024;
const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;

const NOTHING = new Uint8Array(0);
const PLAIN = 0;
const ESCAPED = 1;
const LINE_END = 2;
/** What each byte of a description is. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === LF || byte === CR ? LINE_END : isPlain(byte) ? PLAIN : ESCAPED,
);

/** Collects the bytes of a header: what its ID is made from, and its description. Reuses two buffers. */
export class HeaderText {
  readonly rule: IdRule;
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Whether it was longer than may be collected. */
  tooLong = false;
  /** Whether the rest of the line is not part of the ID. */
  #inRest = false;
  /** One byte more than is kept shows that there is more. */
  readonly #rest = new Uint8Array(MOST_TEXT + 1);
  #restLength = 0;
  /** Whether any byte of it has to be escaped. */
  #restEscapes = false;

  constructor(rule: IdRule = FIRST_WORD) {
    this.rule = rule;
  }

  clear(): void {
    this.#length = 0;
    this.#restLength = 0;
    this.#restEscapes = false;
    this.tooLong = false;
    this.#inRest = false;
  }

  /**
   * Takes bytes of the line, up to its end.
   *
   * @returns the index of the end of the line; the chunk's length if it is not in there.
   */
  take(chunk: Uint8Array, start: number): number {
    const { wholeHeader } = this.rule;
    let i = start;
    for (; i < chunk.length && !this.#inRest; i++) {
      const byte = chunk[i]!;
      if (byte <= SPACE) {
        if (byte === LF || byte === CR) return i;
        if ((byte === SPACE || byte === TAB) && (this.#length === 0 || !wholeHeader)) {
          this.#inRest = this.#length > 0;
          continue;
        }
      }
      if (this.#length === this.#bytes.length && !this.#grow()) continue;
      this.#bytes[this.#length++] = byte;
    }
    return this.#inRest ? this.#takeRest(chunk, i) : i;
  }

  /** What was collected for the ID, without blanks at its end; valid until the next header. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, endOf(this.#bytes, this.#length));
  }

  /**
   * What the header says beside the ID, without blanks around it: the rest of the line; all of it if the ID is found by an
   * expression. Escaped as by {@link tableText}. Valid until the next header.
   */
  get description(): Uint8Array {
    if (this.rule.describes !== 'rest')
      return this.rule.describes === 'header' ? tableText(this.bytes) : NOTHING;
    if (this.#restLength === 0) return NOTHING;
    const rest = this.#rest.subarray(0, endOf(this.#rest, this.#restLength));
    return this.#restEscapes ? tableText(rest) : rest;
  }

  /** The problem of a header that is too long. */
  get tooLongProblem(): string {
    return this.rule.wholeHeader
      ? `the header is longer than the ${MOST_BYTES} bytes that --id reads; shorten it, or use --id first-word`
      : `the ID is longer than ${MOST_BYTES} bytes; shorten it`;
  }

  #takeRest(chunk: Uint8Array, start: number): number {
    const rest = this.#rest;
    let length = this.#restLength;
    let i = start;
    if (length === 0) while (chunk[i] === SPACE || chunk[i] === TAB) i++;
    const end = Math.min(chunk.length, i + rest.length - length);
    for (; i < end; i++) {
      const byte = chunk[i]!;
      const kind = KINDS[byte]!;
      if (kind === LINE_END) break;
      if (kind === ESCAPED) this.#restEscapes = true;
      rest[length++] = byte;
    }
    this.#restLength = length;
    if (length === rest.length) {
      this.#restEscapes = true;
      while (i < chunk.length && KINDS[chunk[i]!] !== LINE_END) i++;
    }
    return i;
  }

  #grow(): boolean {
    if (this.#length === MOST_BYTES) {
      this.tooLong = true;
      this.#inRest = true;
      return false;
    }
    this.#bytes = longer(this.#bytes);
    return true;
  }
}

/** The end of what is not blank. */
function endOf(bytes: Uint8Array, length: number): number {
  let end = length;
  while (end > 0 && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
  return end;
}

function longer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(2 * bytes.length);
  grown.set(bytes);
  return grown;
}
