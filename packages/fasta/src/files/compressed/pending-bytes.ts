/** Bytes of a stream that were read, but are not used yet. */
export class PendingBytes {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #bytes: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The bytes that are there; valid until the next `want`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Reads until this many are there, or the stream ends. @returns whether they are there. */
  async want(count: number): Promise<boolean> {
    const parts = [this.#bytes];
    let length = this.#bytes.length;
    while (length < count && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done) this.#ended = true;
      else {
        parts.push(next.value);
        length += next.value.length;
      }
    }
    if (parts.length > 1) this.#bytes = Buffer.concat(parts);
    return length >= count;
  }

  /** The first bytes are used. */
  skip(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
  }
}
