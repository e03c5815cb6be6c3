import { checkRange, type Source } from './source.js';

/** A file in memory; reads are views of it. */
export class MemorySource implements Source {
  readonly size: number;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.size = bytes.byteLength;
  }

  async read(offset: number, length: number, inOrder?: (part: Buffer) => void): Promise<Buffer> {
    checkRange(this, offset, length);
    const bytes = this.#bytes.subarray(offset, offset + length);
    inOrder?.(bytes);
    return bytes;
  }

  async close(): Promise<void> {}
}
