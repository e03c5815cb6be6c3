/** Milliseconds of the past that count as now. */
const WINDOW = 10_000;

/** How fast bytes arrive. */
export class Speed {
  readonly #samples: { at: number; bytes: number }[] = [];

  /** @param at milliseconds of any clock. @param bytes that are there. */
  add(at: number, bytes: number): void {
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && this.#samples[1]!.at <= at - WINDOW) this.#samples.shift();
  }

  /** Bytes a second; null until it is known, or if nothing arrives. */
  get bytesPerSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return null;
    const speed = ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
    return speed > 0 ? speed : null;
  }
}
