import { setImmediate } from 'node:timers/promises';
import type { DurableFile } from '@holdfast/durable';
import { type Digest, xxh64 } from './digest.js';
import type { Marker } from './marker.js';

/** Bytes up to which a copy costs nothing that counts. */
const SMALL = 1 << 16;
/** Bytes hashed before others have their turn. */
const SLICE = 1 << 20;

/**
 * Passes bytes on to a file, and takes their digest in the time that is left while the system writes. A write resolves when
 * the one before it is over: the next part is prepared meanwhile.
 */
export class TappedFile {
  readonly #file: Pick<DurableFile, 'write'>;
  readonly #unhashed: Uint8Array[] = [];
  #writing: Promise<void> = Promise.resolve();
  #hashing: Promise<void> | null = null;
  #hash: Digest | null = null;
  #bytes = 0;

  constructor(file: Pick<DurableFile, 'write'>) {
    this.#file = file;
  }

  /** @param bytes large ones must stay as they are until the digest is taken; small ones are copied. */
  write(bytes: Uint8Array): Promise<void> {
    const kept = bytes.byteLength < SMALL ? bytes.slice() : bytes;
    const before = this.#writing;
    this.#writing = before.then(() => this.#file.write(kept));
    // It is told by the next write, or by finish().
    this.#writing.catch(() => undefined);
    this.#unhashed.push(kept);
    this.#hashing ??= this.#hashAll();
    return before;
  }

  /** Resolves when all is written. */
  finish(): Promise<void> {
    return this.#writing;
  }

  /** Length and digest of all bytes. */
  async marker(): Promise<Marker> {
    await this.#hashing;
    return { bytes: this.#bytes, xxh64: (this.#hash ?? (await xxh64())).digest() };
  }

  async #hashAll(): Promise<void> {
    this.#hash ??= await xxh64();
    for (let part = this.#unhashed.shift(); part; part = this.#unhashed.shift()) {
      for (let at = 0; at < part.byteLength; at += SLICE) {
        await setImmediate();
        this.#hash.update(part.subarray(at, at + SLICE));
      }
      this.#bytes += part.byteLength;
    }
    this.#hashing = null;
  }
}
