/** What was decompressed last, to copy from. */
export class Window {
  readonly #bytes: Uint8Array;
  readonly #reach: number;
  #at = 0;
  /** Bytes since the last reset. */
  position = 0;

  /** @param reach how far back copies may go. @param room bytes that may be added between two calls of `take`. */
  constructor(reach: number, room: number) {
    this.#reach = reach;
    this.#bytes = new Uint8Array(Math.max(reach, room));
  }

  reset(): void {
    this.position = 0;
  }

  add(byte: number): void {
    this.#bytes[this.#at++] = byte;
    if (this.#at === this.#bytes.length) this.#at = 0;
    this.position++;
  }

  /** The byte so far back; 0 is the last one, and before all bytes are zeros. */
  back(distance: number): number {
    if (distance >= this.position) return 0;
    const at = this.#at - distance - 1;
    return this.#bytes[at < 0 ? at + this.#bytes.length : at]!;
  }

  /** Adds bytes from so far back. */
  copy(distance: number, length: number): void {
    if (distance >= this.position || distance >= this.#reach)
      throw new Error('it copies from before its start');
    const bytes = this.#bytes;
    const size = bytes.length;
    let to = this.#at;
    let from = to - distance - 1;
    if (from < 0) from += size;
    for (let i = 0; i < length; i++) {
      bytes[to] = bytes[from]!;
      if (++to === size) to = 0;
      if (++from === size) from = 0;
    }
    this.#at = to;
    this.position += length;
  }

  /** A copy of the last bytes. */
  take(count: number): Uint8Array {
    const taken = new Uint8Array(count);
    const start = this.#at - count;
    if (start >= 0) taken.set(this.#bytes.subarray(start, this.#at));
    else {
      taken.set(this.#bytes.subarray(start + this.#bytes.length));
      taken.set(this.#bytes.subarray(0, this.#at), -start);
    }
    return taken;
  }
}
