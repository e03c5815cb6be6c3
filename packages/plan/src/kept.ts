/** What was read last, kept for the next call with the same number; readers go through windows one after another. */
export class Kept<T> {
  readonly #read: (window: number) => Promise<T>;
  #window = -1;
  #value: Promise<T> | undefined;

  constructor(read: (window: number) => Promise<T>) {
    this.#read = read;
  }

  /** Reads, unless it is what was read last. A reading that fails is not kept. */
  at(window: number): Promise<T> {
    if (window === this.#window && this.#value !== undefined) return this.#value;
    // Before the next is read, so that memory holds one.
    this.#value = undefined;
    const value = this.#read(window);
    this.#window = window;
    this.#value = value;
    value.catch(() => {
      if (this.#value === value) this.#value = undefined;
    });
    return value;
  }
}
