/** Rows for the next checkpoint. Grows by doubling, and is reused. */
export class RowBuffer {
  #data = new Float32Array(0);
  #length = 0;

  constructor(readonly dim: number) {}

  get rows(): number {
    return this.#length / this.dim;
  }

  /** Adds whole rows, row-major. */
  append(rows: Float32Array): void {
    if (this.#length + rows.length > this.#data.length) {
      const larger = new Float32Array(Math.max(this.#length + rows.length, this.#data.length * 2));
      larger.set(this.#data.subarray(0, this.#length));
      this.#data = larger;
    }
    this.#data.set(rows, this.#length);
    this.#length += rows.length;
  }

  /** A view of the buffered rows, valid until the next `append`. */
  view(): Float32Array {
    return this.#data.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}
