/** Caches the last read, for the next call with the same number: readers go through buckets in order. */
export class Kept<T> {
  readonly #read: (bucket: number) => Promise<T>;
  #bucket = -1;
  #value: Promise<T> | undefined;

  constructor(read: (bucket: number) => Promise<T>) {
    this.#read = read;
  }

  /** Reads, unless it is what was read last. A reading that fails is not kept. */
  at(bucket: number): Promise<T> {
    if (bucket === this.#bucket && this.#value !== undefined) return this.#value;
    // Before the next is read, so memory holds only one.
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
