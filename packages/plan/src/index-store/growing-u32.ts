const CHUNK = 1 << 14;

/** A list of u32 that grows in chunks, so growth copies nothing. 4 bytes an item. */
export class GrowingU32 {
  readonly #chunks: Uint32Array[] = [];
  length = 0;

  push(value: number): void {
    if (this.length % CHUNK === 0) this.#chunks.push(new Uint32Array(CHUNK));
    this.#chunks.at(-1)![this.length++ % CHUNK] = value;
  }

  at(index: number): number {
    return this.#chunks[Math.floor(index / CHUNK)]![index % CHUNK]!;
  }

  setLast(value: number): void {
    this.#chunks.at(-1)![(this.length - 1) % CHUNK] = value;
  }
}
