import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { atPath } from '@holdfast/durable';
import { ROOM_BYTES } from '@holdfast/fasta';
import { fastCrc32 } from '@holdfast/pt-serializer';
import { BlockSums } from './block-sums.js';

/** Facts about a written file. */
export interface WrittenFile {
  /** Hexadecimal. */
  sha256: string;
  /** CRC-32 of each of its blocks. */
  blocks: readonly number[];
}

/**
 * A new file that is appended to through one reused staging buffer. Appending is synchronous, so a parser can
 * do it for each record. `settle` after each portion of input writes the buffer; awaiting it
 * is the backpressure.
 */
export class AppendFile {
  readonly #handle: FileHandle;
  readonly #room: number;
  readonly #staged: Buffer;
  #hash = createHash('sha256');
  #blocks = new BlockSums();
  #used = 0;
  #written = 0;
  /** The checksums as far as the bytes are final; null if all that are written are. */
  #final: { length: number; hash: Hash; blocks: BlockSums } | null = null;
  /** Whether the file may have bytes behind those that were written. */
  #cut = false;

  private constructor(
    readonly path: string,
    handle: FileHandle,
    room: number,
  ) {
    this.#handle = handle;
    this.#room = room;
    this.#staged = Buffer.allocUnsafeSlow(2 * room);
  }

  /** Creates or truncates the file. @param room bytes that may be appended between two calls of `settle`. */
  static async create(path: string, room = ROOM_BYTES): Promise<AppendFile> {
    await fastCrc32();
    return new AppendFile(path, await open(path, 'w+'), room);
  }

  /** Bytes appended so far. */
  get length(): number {
    return this.#written + this.#used;
  }

  /** Appends a copy of `bytes`, or of the first `count` of them. */
  append(bytes: Uint8Array, count = bytes.length): void {
    if (count === bytes.length) this.#staged.set(bytes, this.#used);
    else for (let i = 0; i < count; i++) this.#staged[this.#used + i] = bytes[i]!;
    this.#used += count;
  }

  appendByte(byte: number): void {
    this.#used = this.#staged.writeUInt8(byte, this.#used);
  }

  appendU32(value: number): void {
    this.#used = this.#staged.writeUInt32LE(value, this.#used);
  }

  /** Appends a whole number below 2^53 in eight bytes. */
  appendU64(value: number): void {
    this.#used = this.#staged.writeUInt32LE(value % 2 ** 32, this.#used);
    this.#used = this.#staged.writeUInt32LE(Math.floor(value / 2 ** 32), this.#used);
  }

  /**
   * Appends what `fill` writes to the staging buffer.
   *
   * @param fill gets buffer and index; returns the index after.
   */
  appendWith(fill: (staged: Uint8Array, at: number) => number): void {
    this.#used = fill(this.#staged, this.#used);
  }

  /** Reads back `length` bytes from `offset`, from the file or the buffer. Blocks; for rare use. */
  readBack(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length && offset + done < this.#written) {
      const here = Math.min(length - done, this.#written - offset - done);
      const got = readSync(this.#handle.fd, bytes, done, here, offset + done);
      if (got === 0)
        throw new Error('the file shrank while it was being written; is another process writing to it?');
      done += got;
    }
    if (done < length) {
      const from = offset + done - this.#written;
      this.#staged.copy(bytes, done, from, from + length - done);
    }
    return bytes;
  }

  /**
   * Makes room for as many bytes more as the file was created with.
   *
   * @param final bytes from the start that will not be cut out; default: all. Never less than the last time.
   */
  async settle(final = this.length): Promise<void> {
    if (this.#used >= this.#room) await this.#flush(final);
  }

  /**
   * Takes bytes out; those behind them move up.
   *
   * @param from an end of the final bytes, if those from there on are written. @param to the end of the bytes.
   */
  cut(from: number, to: number): void {
    if (from === to) return;
    const [start, end] = [from - this.#written, to - this.#written];
    const rest = Math.max(0, end);
    const place = Math.max(0, start);
    this.#staged.copyWithin(place, rest, this.#used);
    this.#used -= rest - place;
    if (start >= 0) return;
    if (this.#final?.length !== from) throw new RangeError('only bytes behind the final ones can be cut out');
    this.#hash = this.#final.hash;
    this.#blocks = this.#final.blocks;
    this.#final = null;
    this.#written = from;
    this.#cut = true;
  }

  /** Writes the buffer and syncs the file. @returns its checksums. */
  async finish(): Promise<WrittenFile> {
    await this.#flush(this.length);
    if (this.#cut) await this.#handle.truncate(this.#written).catch(this.#named);
    await this.#handle.sync().catch(this.#named);
    return { sha256: this.#hash.digest('hex'), blocks: this.#blocks.finish() };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  readonly #named = (error: unknown): never => {
    throw atPath(error, this.path);
  };

  async #flush(final: number): Promise<void> {
    const staged = this.#staged.subarray(0, this.#used);
    const place = final - this.#written;
    if (place >= this.#used) {
      this.#final = null;
      this.#sum(staged);
    } else if (place >= 0) {
      this.#sum(staged.subarray(0, place));
      this.#final = { length: final, hash: this.#hash.copy(), blocks: this.#blocks.copy() };
      this.#sum(staged.subarray(place));
    } else this.#sum(staged);
    for (let done = 0; done < this.#used; ) {
      const { bytesWritten } = await this.#handle
        .write(this.#staged, done, this.#used - done, this.#written + done)
        .catch(this.#named);
      done += bytesWritten;
    }
    this.#written += this.#used;
    this.#used = 0;
  }

  #sum(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#blocks.update(bytes);
  }
}
