/**
 * Caches the last result for the next call with the same number, because readers go through buckets in order.
 */
export class Kept<T> {
  readonly #read: (bucket: number) => Promise<T>;
  #bucket = -1;
  #value: Promise<T> | undefined;

  constructor(read: (bucket: number) => Promise<T>) {
    this.#read = read;
  }

  /** Reads, unless it is cached. A failed read is not cached. */
  at(bucket: number): Promise<T> {
    if (bucket === this.#bucket && this.#value !== undefined) return this.#value;
    // Free it before the next read, so memory holds only one.
    this.#value = undefined;
    const value = this.#read(bucket);
    this.#bucket = bucket;
    this.#value = value;
    value.catch(() => {
      if (this.#value === value) this.#value = undefined;
    });
    return value;
  }
}
