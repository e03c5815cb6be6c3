/**
 * Buffers for copies of rows, used again once their write is over: a copy into a fresh one costs several times more. Shared
 * memory, so that the thread that writes sees it as it is: to hand over what is not shared makes both sides collect garbage.
 */
export class StagingPool {
  readonly #free: SharedArrayBuffer[] = [];

  /** Copies `data` into a buffer of the pool's. */
  copy(data: Float32Array): Float32Array {
    const fits = this.#free.findIndex((buffer) => buffer.byteLength >= data.byteLength);
    const buffer = fits >= 0 ? this.#free.splice(fits, 1)[0] : undefined;
    const copy = new Float32Array(buffer ?? new SharedArrayBuffer(data.byteLength), 0, data.length);
    copy.set(data);
    return copy;
  }

  /** Takes a buffer back; two are kept, the largest. */
  release(copy: Float32Array): void {
    this.#free.push(copy.buffer as SharedArrayBuffer);
    this.#free.sort((a, b) => a.byteLength - b.byteLength);
    if (this.#free.length > 2) this.#free.shift();
  }
}
