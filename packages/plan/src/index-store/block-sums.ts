import { crc32 } from '@holdfast/pt-serializer';

/** Bytes that one checksum of `blocks.bin` covers; a file's last block may be shorter. */
export const BLOCK_BYTES = 64 * 1024;

/** How many blocks a file of this size has. */
export const blockCount = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES);

/** The CRC-32 of each block of a file that grows at its end. */
export class BlockSums {
  readonly #sums: number[] = [];
  /** CRC-32 of the block that is not full yet, and its bytes. */
  #sum = 0;
  #length = 0;

  /** Takes in the bytes that come next. */
  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#length);
      this.#sum = crc32(part, this.#sum);
      this.#length += part.length;
      at += part.length;
      if (this.#length === BLOCK_BYTES) this.#close();
    }
  }

  /** All of them, the last block's too. */
  finish(): readonly number[] {
    if (this.#length > 0) this.#close();
    return this.#sums;
  }

  #close(): void {
    this.#sums.push(this.#sum);
    this.#sum = 0;
    this.#length = 0;
  }
}

/**
 * The first of some blocks that is not what was written, counted from the first of the file; -1 where all are.
 *
 * @param bytes whole blocks, from block `first` on. @param sums of all blocks of the file.
 */
export function firstWrongBlock(bytes: Uint8Array, first: number, sums: Uint32Array): number {
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = first + at / BLOCK_BYTES;
    if (crc32(bytes.subarray(at, at + BLOCK_BYTES)) !== sums[block]) return block;
  }
  return -1;
}
