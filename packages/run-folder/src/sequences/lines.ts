/** Reads a text line by line, without a promise for each line. Lines are strings of bytes (`latin1`), so nothing is altered. */
export class Lines {
  readonly #parts: AsyncIterator<Uint8Array>;
  #lines: string[] = [];
  #at = 0;
  #rest = '';

  /** @param parts of the text, cut anywhere; each line ends with a line feed. */
  constructor(parts: AsyncIterable<Uint8Array>) {
    this.#parts = parts[Symbol.asyncIterator]();
  }

  /** The next line without its line feed; null if more of the text must be read first. */
  next(): string | null {
    return this.#at < this.#lines.length ? this.#lines[this.#at++]! : null;
  }

  /** The first line of what comes next; null at the end. */
  async more(): Promise<string | null> {
    for (;;) {
      const { value, done } = await this.#parts.next();
      if (done) return null;
      const text = this.#rest + Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
      this.#lines = text.split('\n');
      this.#rest = this.#lines.pop()!;
      this.#at = 0;
      const line = this.next();
      if (line !== null) return line;
    }
  }

  /** Frees what the text is read from. */
  async close(): Promise<void> {
    await this.#parts.return?.();
  }
}
