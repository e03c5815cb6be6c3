/**
 * A larger buffer is freed after use: one very long sequence must not hold its memory for the rest of a run.
 */
const KEEP_BYTES = 64 * 1024 * 1024;

/** Memory that is reused between calls, because fresh pages cost more than writing to them. */
export class ScratchBuffer {
  #buffer = new ArrayBuffer(0);

  /** At least `bytes` bytes with arbitrary content; valid until the next `take`. */
  take(bytes: number): ArrayBuffer {
    if (bytes <= this.#buffer.byteLength) return this.#buffer;
    const fresh = new ArrayBuffer(bytes);
    if (bytes <= KEEP_BYTES) this.#buffer = fresh;
    return fresh;
  }
}
