/**
 * Splits text that arrives in pieces into lines. A line beyond `limit` characters is reported once, cut
 * there.
 */
export class LineSplitter {
  #rest = '';
  /** The next text belongs to a line that was already reported. */
  #skipping = false;

  constructor(
    readonly report: (line: string) => void,
    readonly limit: number,
  ) {}

  push(text: string): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      this.#append(text.slice(from, at));
      this.#endLine();
      from = at + 1;
    }
    this.#append(text.slice(from));
  }

  /** Reports a last line that has no line break. */
  end(): void {
    if (this.#rest !== '') this.#endLine();
  }

  #append(piece: string): void {
    if (this.#skipping) return;
    this.#rest += piece;
    if (this.#rest.length <= this.limit) return;
    // Reported before its end, which may never come: the buffer must stay bounded.
    this.report(this.#rest.slice(0, this.limit));
    this.#rest = '';
    this.#skipping = true;
  }

  #endLine(): void {
    if (!this.#skipping) this.report(this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest);
    this.#rest = '';
    this.#skipping = false;
  }
}
