import { setImmediate } from 'node:timers/promises';
import type { DurableFile } from '@holdfast/durable';
import { xxh64 } from './digest.js';
import type { Marker } from './marker.js';

/**
 * Passes bytes on to a file and remembers them, so that their digest can be taken while the device takes its time. A write
 * resolves when the one before it is over: the next part is prepared meanwhile.
 */
export class TappedFile {
  readonly #file: Pick<DurableFile, 'write'>;
  readonly #parts: Uint8Array[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(file: Pick<DurableFile, 'write'>) {
    this.#file = file;
  }

  /** @param bytes large ones must stay as they are until the digest is taken; small ones are copied. */
  write(bytes: Uint8Array): Promise<void> {
    const kept = bytes.byteLength < SMALL ? bytes.slice() : bytes;
    this.#parts.push(kept);
    const before = this.#writing;
    this.#writing = before.then(() => this.#file.write(kept));
    // It is told by the next write, or by finish().
    this.#writing.catch(() => undefined);
    return before;
  }

  /** Resolves when all is written. */
  finish(): Promise<void> {
    return this.#writing;
  }

  /** Length and digest of all bytes. */
  async marker(): Promise<Marker> {
    const hash = await xxh64();
    let bytes = 0;
    for (const part of this.#parts) {
      bytes += part.byteLength;
      hash.update(part);
      // The device waits for its next command no longer than one part takes.
      await setImmediate();
    }
    return { bytes, xxh64: hash.digest() };
  }
}

/** Bytes up to which a copy costs nothing that counts. */
const SMALL = 1 << 16;
