/** Cuts text that comes in pieces into lines. A line beyond `limit` characters is told once, cut there. */
export class LineSplitter {
  #rest = '';
  /** What comes now belongs to a line that was told already. */
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

  /** Tells a last line that has no end. */
  end(): void {
    if (this.#rest !== '') this.#endLine();
  }

  #append(piece: string): void {
    if (this.#skipping) return;
    this.#rest += piece;
    if (this.#rest.length <= this.limit) return;
    // Told before its end comes, which may be never: what is kept has a bound.
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
