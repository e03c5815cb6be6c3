/** The nearest rows so far of one query: at most `k`, by score, ties by row. */
export class NearestList {
  readonly #k: number;
  readonly #scores: number[] = [];
  readonly #rows: number[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  /** The score that a row must not exceed to be taken in; Infinity while there is room. */
  get limit(): number {
    return this.#scores.length < this.#k ? Number.POSITIVE_INFINITY : this.#scores[0]!;
  }

  /** Takes a row in if it is among the nearest. */
  offer(score: number, row: number): void {
    const [scores, rows] = [this.#scores, this.#rows];
    if (scores.length < this.#k) {
      scores.push(score);
      rows.push(row);
      this.#rise(scores.length - 1);
    } else if (score < scores[0]! || (score === scores[0]! && row < rows[0]!)) {
      scores[0] = score;
      rows[0] = row;
      this.#sink();
    }
  }

  /** The nearest first. */
  sorted(): { score: number; row: number }[] {
    return this.#scores
      .map((score, at) => ({ score, row: this.#rows[at]! }))
      .sort((a, b) => a.score - b.score || a.row - b.row);
  }

  // A binary heap with the farthest at its top.

  #farther(a: number, b: number): boolean {
    const [scores, rows] = [this.#scores, this.#rows];
    return scores[a]! > scores[b]! || (scores[a]! === scores[b]! && rows[a]! > rows[b]!);
  }

  #swap(a: number, b: number): void {
    for (const values of [this.#scores, this.#rows]) [values[a], values[b]] = [values[b]!, values[a]!];
  }

  #rise(at: number): void {
    for (let child = at; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#farther(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      let farthest = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#scores.length && this.#farther(child, farthest)) farthest = child;
      if (farthest === at) return;
      this.#swap(at, farthest);
      at = farthest;
    }
  }
}
