/**
 * Buffers for copies of rows, reused after each write: a copy into a fresh buffer costs several times more.
 * The memory is shared with the writer thread, since transferring buffers would make both sides collect
 * garbage.
 */
export class StagingPool {
  readonly #free: SharedArrayBuffer[] = [];

  /** Copies `data` into a buffer of the pool. */
  copy(data: Float32Array): Float32Array {
    const fits = this.#free.findIndex((buffer) => buffer.byteLength >= data.byteLength);
    const buffer = fits >= 0 ? this.#free.splice(fits, 1)[0] : undefined;
    const copy = new Float32Array(buffer ?? new SharedArrayBuffer(data.byteLength), 0, data.length);
    copy.set(data);
    return copy;
  }

  /** Takes a buffer back; keeps the two largest. */
  release(copy: Float32Array): void {
    this.#free.push(copy.buffer as SharedArrayBuffer);
    this.#free.sort((a, b) => a.byteLength - b.byteLength);
    if (this.#free.length > 2) this.#free.shift();
  }
}
