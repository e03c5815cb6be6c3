import { FIRST_WORD, type IdRule } from './id-rule.js';

const MOST_BYTES = 64 * 1024;
const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;

/** Collects the bytes of a header, as far as its ID needs them. Reuses one buffer. */
export class HeaderText {
  readonly rule: IdRule;
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Whether it was longer than may be collected. */
  tooLong = false;
  /** Whether the rest of the line is not needed. */
  complete = false;

  constructor(rule: IdRule = FIRST_WORD) {
    this.rule = rule;
  }

  clear(): void {
    this.#length = 0;
    this.tooLong = false;
    this.complete = false;
  }

  /**
   * Takes bytes of the line, up to its end or until the rest is not needed.
   *
   * @returns the index after the last byte that was taken.
   */
  take(chunk: Uint8Array, start: number): number {
    const { wholeHeader } = this.rule;
    let i = start;
    for (; i < chunk.length && !this.complete; i++) {
      const byte = chunk[i]!;
      if (byte <= SPACE) {
        if (byte === LF || byte === CR) break;
        if ((byte === SPACE || byte === TAB) && (this.#length === 0 || !wholeHeader)) {
          this.complete = this.#length > 0;
          continue;
        }
      }
      if (this.#length === this.#bytes.length && !this.#grow()) continue;
      this.#bytes[this.#length++] = byte;
    }
    return i;
  }

  /** What was collected, without blanks at its end; valid until the next header. */
  get bytes(): Uint8Array {
    let end = this.#length;
    while (end > 0 && (this.#bytes[end - 1] === SPACE || this.#bytes[end - 1] === TAB)) end--;
    return this.#bytes.subarray(0, end);
  }

  /** The problem of a header that is too long. */
  get tooLongProblem(): string {
    return this.rule.wholeHeader
      ? `the header is longer than the ${MOST_BYTES} bytes that --id reads; shorten it, or use --id first-word`
      : `the ID is longer than ${MOST_BYTES} bytes; shorten it`;
  }

  #grow(): boolean {
    if (this.#length === MOST_BYTES) {
      this.tooLong = true;
      this.complete = true;
      return false;
    }
    const longer = new Uint8Array(2 * this.#length);
    longer.set(this.#bytes);
    this.#bytes = longer;
    return true;
  }
}
