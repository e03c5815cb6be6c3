import { type FileHandle, open, stat } from 'node:fs/promises';
import { PtFormatError } from '../format-error.js';
import { allocate } from './allocate.js';
import { checkRange, type Source } from './source.js';
import { useHugePages } from './system-calls.js';

/** The system reads less than 2 GiB at a time. */
const MAX_READ = 1 << 30;
/** Bytes that one thread reads at a time. */
const PART = 1 << 22;

/** Reads a file by position. */
export class FileSource implements Source {
  readonly path: string;
  /** The file's size in bytes when it was opened. */
  readonly size: number;
  readonly #file: FileHandle;
  readonly #maxRead: number;

  private constructor(path: string, size: number, file: FileHandle, maxRead: number) {
    this.path = path;
    this.size = size;
    this.#file = file;
    this.#maxRead = maxRead;
  }

  /** @param maxRead most bytes that one system call reads. */
  static async open(path: string, maxRead = MAX_READ): Promise<FileSource> {
    // Check before opening: opening a pipe waits for its writer.
    if (!(await stat(path)).isFile())
      throw new PtFormatError('unsupported', 'not a regular file; only those can be read by position', {
        path,
      });
    const file = await open(path, 'r');
    try {
      return new FileSource(path, (await file.stat()).size, file, maxRead);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(offset: number, length: number, inOrder?: (part: Buffer) => void): Promise<Buffer> {
    checkRange(this, offset, length);
    const bytes = allocate(length);
    await useHugePages(bytes);
    // Use several threads for large reads, whose time goes mostly to the first touch of fresh memory.
    const parts: [part: Buffer, read: Promise<void>][] = [];
    for (let at = 0; at < length; at += PART) {
      const part = bytes.subarray(at, at + PART);
      const read = this.#fill(part, offset + at);
      // Awaited below, in order; until then, nothing handles a failure.
      read.catch(() => undefined);
      parts.push([part, read]);
    }
    for (const [part, read] of parts) {
      await read;
      inOrder?.(part);
    }
    return bytes;
  }

  async #fill(bytes: Buffer, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, this.#maxRead);
      const { bytesRead } = await this.#file.read(bytes, done, length, offset + done);
      if (bytesRead === 0)
        throw new PtFormatError('zip', 'the file ended while it was read', { path: this.path });
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
