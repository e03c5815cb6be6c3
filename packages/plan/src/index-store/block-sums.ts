import { crc32 } from '@holdfast/pt-serializer';

/** Bytes that one checksum of `blocks.bin` covers; a file's last block may be shorter. */
export const BLOCK_BYTES = 64 * 1024;

/** Number of blocks of a file of this size. */
export const blockCount = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES);

/** The CRC-32 of each block of a file that is appended to. */
export class BlockSums {
  #sums: number[] = [];
  /** Number of complete blocks. */
  #complete = 0;
  /** CRC-32 of the current, incomplete block, and its size in bytes. */
  #sum = 0;
  #length = 0;

  /** The sums so far, to go on from here again. */
  copy(): BlockSums {
    const copy = new BlockSums();
    // A copy of all sums would cost time with every block: only their number is kept.
    copy.#sums = this.#sums;
    copy.#complete = this.#complete;
    copy.#sum = this.#sum;
    copy.#length = this.#length;
    return copy;
  }

  /** Adds the next bytes. */
  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#length);
      this.#sum = crc32(part, this.#sum);
      this.#length += part.length;
      at += part.length;
      if (this.#length === BLOCK_BYTES) this.#close();
    }
  }

  /** The checksums of all blocks, including the last. */
  finish(): readonly number[] {
    if (this.#length > 0) this.#close();
    return this.#sums.slice(0, this.#complete);
  }

  #close(): void {
    this.#sums[this.#complete++] = this.#sum;
    this.#sum = 0;
    this.#length = 0;
  }
}

/**
 * The number of the first block whose checksum does not match, counted from the start of the file, or -1.
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
