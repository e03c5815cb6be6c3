/** A growing byte buffer; doubles when full. */
export class ByteBuffer {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    this.#length = this.#bytes.writeUInt16LE(value, this.#length);
  }

  u32(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  u64(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeBigUInt64LE(BigInt(value), this.#length);
  }

  i32(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeInt32LE(value, this.#length);
  }

  f64BigEndian(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeDoubleBE(value, this.#length);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** Text as UTF-8; returns its length in bytes. */
  text(value: string): number {
    const length = Buffer.byteLength(value);
    this.#room(length);
    this.#bytes.write(value, this.#length);
    this.#length += length;
    return length;
  }

  /** ASCII text; faster than `text` for short strings. */
  ascii(value: string): void {
    this.#room(value.length);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
    this.#length += value.length;
  }

  /** The written bytes; valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
