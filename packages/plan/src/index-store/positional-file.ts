import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { fastCrc32 } from '@holdfast/pt-serializer';
import { BLOCK_BYTES, firstWrongBlock } from './block-sums.js';
import { IndexError } from './index-error.js';

const BIG_ENDIAN = endianness() === 'BE';

/** A file of an index, read by position. */
export class PositionalFile {
  readonly path: string;
  /** Length in bytes when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;
  #sums: Uint32Array | null = null;
  /** The last block read, for reads shorter than a block. */
  #kept = { block: -1, bytes: Buffer.alloc(0) };

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws IndexError `index_missing` or `index_unreadable`. */
  static async open(path: string): Promise<PositionalFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      return new PositionalFile(path, (await handle.stat()).size, handle);
    } catch (error) {
      await handle?.close();
      throw unreadable(path, error);
    }
  }

  /** Checks every later read against these block checksums. */
  async expect(sums: Uint32Array): Promise<void> {
    await fastCrc32();
    this.#sums = sums;
  }

  /**
   * Reads exactly `length` bytes from `offset`.
   *
   * @throws IndexError if the file ends early, can't be read, or a block does not match its checksum.
   */
  async read(offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
    // Check before allocating: a damaged offset may ask for any amount of memory.
    if (offset + length > this.size) throw damaged(this.path, `it ends before byte ${offset + length}`);
    const sums = this.#sums;
    if (sums === null) return this.#readAll(offset, length);
    // Whole blocks, because only these have a checksum.
    const first = Math.floor(offset / BLOCK_BYTES);
    const start = first * BLOCK_BYTES;
    const end = Math.min(this.size, Math.ceil((offset + length) / BLOCK_BYTES) * BLOCK_BYTES);
    if (first === this.#kept.block && end - start <= BLOCK_BYTES)
      return copyOf(this.#kept.bytes.subarray(offset - start, offset - start + length));
    const bytes = await this.#readAll(start, end - start);
    const wrong = firstWrongBlock(bytes, first, sums);
    if (wrong >= 0) {
      const from = wrong * BLOCK_BYTES;
      const to = Math.min(this.size, from + BLOCK_BYTES);
      throw damaged(this.path, `its bytes ${from} to ${to} are not those that were written`);
    }
    const last = Math.max(0, Math.ceil(bytes.length / BLOCK_BYTES) - 1);
    // A copy: a view would keep the whole read in memory.
    this.#kept = { block: first + last, bytes: copyOf(bytes.subarray(last * BLOCK_BYTES)) };
    return bytes.subarray(offset - start, offset - start + length);
  }

  async #readAll(offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
    const bytes = Buffer.from(new ArrayBuffer(length));
    let done = 0;
    while (done < length) {
      const bytesRead = await this.#readSome(bytes, done, offset + done);
      if (bytesRead === 0) throw damaged(this.path, `it shrank below ${this.size} bytes`);
      done += bytesRead;
    }
    return bytes;
  }

  /** Reads the u32 numbers from index `first` up to, but not including, `end`. */
  async readU32(first: number, end: number): Promise<Uint32Array> {
    const bytes = await this.read(4 * first, 4 * (end - first));
    if (BIG_ENDIAN) bytes.swap32();
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }

  /** Reads the u64 numbers from index `first` to `last`, both included. */
  async readU64(first: number, last: number): Promise<Float64Array> {
    const halves = await this.readU32(2 * first, 2 * (last + 1));
    const numbers = new Float64Array(last - first + 1);
    for (let i = 0; i < numbers.length; i++) numbers[i] = halves[2 * i]! + 2 ** 32 * halves[2 * i + 1]!;
    return numbers;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #readSome(bytes: Uint8Array, at: number, position: number): Promise<number> {
    try {
      // One read call returns less than 2 GiB.
      const length = Math.min(bytes.length - at, 2 ** 30);
      return (await this.#handle.read(bytes, at, length, position)).bytesRead;
    } catch (error) {
      throw unreadable(this.path, error);
    }
  }
}

/** Copies the bytes, so numbers in them are aligned. */
function copyOf(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const copy = Buffer.from(new ArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** The error for a file of an index that cannot be read. */
export function unreadable(path: string, error: unknown): IndexError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new IndexError('index_missing', path, 'no such file, so the index is incomplete', {
      cause: error,
    });
  }
  return new IndexError('index_unreadable', path, `cannot be read (${message})`, {
    cause: error,
  });
}

/** The error for a file of an index whose content is inconsistent. */
export function damaged(path: string, problem: string): IndexError {
  return new IndexError('index_damaged', path, `${problem}, so the index is damaged`);
}
