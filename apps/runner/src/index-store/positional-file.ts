import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { IndexError } from './index-error.js';

const BIG_ENDIAN = endianness() === 'BE';

/** A file of an index, read by position. */
export class PositionalFile {
  readonly path: string;
  /** Length in bytes when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;

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

  /** Reads exactly `length` bytes from `offset`. @throws IndexError if the file ends before, or can't be read. */
  async read(offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
    // Before the memory is asked for: a damaged offset may ask for any amount.
    if (offset + length > this.size) throw damaged(this.path, `it ends before byte ${offset + length}`);
    const bytes = Buffer.from(new ArrayBuffer(length));
    let done = 0;
    while (done < length) {
      const bytesRead = await this.#readSome(bytes, done, offset + done);
      if (bytesRead === 0) throw damaged(this.path, `it became shorter than ${this.size} bytes`);
      done += bytesRead;
    }
    return bytes;
  }

  /** Reads the u32 numbers from index `first` to `end`, which is not included. */
  async readU32(first: number, end: number): Promise<Uint32Array> {
    const bytes = await this.read(4 * first, 4 * (end - first));
    if (BIG_ENDIAN) bytes.swap32();
    return new Uint32Array(bytes.buffer);
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
      // One read call takes less than 2 GiB.
      const length = Math.min(bytes.length - at, 2 ** 30);
      return (await this.#handle.read(bytes, at, length, position)).bytesRead;
    } catch (error) {
      throw unreadable(this.path, error);
    }
  }
}

/** The error for a file of an index that the system does not let us read. */
export function unreadable(path: string, error: unknown): IndexError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new IndexError('index_missing', path, 'no such file, so the index is not whole; make it anew', {
      cause: error,
    });
  }
  return new IndexError('index_unreadable', path, `cannot be read (${message})`, {
    cause: error,
  });
}

/** The error for a file of an index whose content does not fit the rest. */
export function damaged(path: string, problem: string): IndexError {
  return new IndexError('index_damaged', path, `${problem}, so the index is damaged; make it anew`);
}
