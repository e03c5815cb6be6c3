import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { asInputError } from './unreadable-input.js';

const CHUNK_BYTES = 256 * 1024;

/** Where inputs come from. */
export interface InputOptions {
  /** Read when the path is `-`. Default: `process.stdin`. */
  stdin?: Readable;
  /** Stops reading; the reader then throws the signal's reason. */
  signal?: AbortSignal;
}

/** An input's content fingerprint. */
export interface InputDigest {
  /** Length of the raw (perhaps compressed) bytes. */
  bytes: number;
  /** SHA-256 of the raw bytes, lower-case hexadecimal. */
  sha256: string;
}

/** The same promise, but rejects with the signal's reason as soon as that aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The raw bytes of one input, counted and hashed as they pass. */
export class RawStream {
  readonly file: string;
  /** Raw bytes passed so far. */
  bytes = 0;
  /** Length up to and including the last nonzero byte. */
  bytesWithoutPadding = 0;
  readonly #hash = createHash('sha256');
  readonly #stream: Readable;
  readonly #signal: AbortSignal | undefined;

  private constructor(file: string, stream: Readable, signal: AbortSignal | undefined) {
    this.file = file;
    this.#signal = signal;
    this.#stream = signal ? addAbortSignal(signal, stream) : stream;
    // An error between reads is thrown to the next reader. Without this listener, it would end the process.
    this.#stream.on('error', () => undefined);
  }

  /** @throws InputError if the file can't be opened or is a folder. */
  static async open(file: string, { stdin = process.stdin, signal }: InputOptions): Promise<RawStream> {
    if (file === '-') return new RawStream(file, stdin, signal);
    try {
      // Opening a pipe waits for its writer.
      const handle = await unlessAborted(open(file, 'r'), signal);
      return new RawStream(file, handle.createReadStream({ highWaterMark: CHUNK_BYTES }), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw asInputError(file, error);
    }
  }

  /** The bytes after the previous reader's last. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      const parts: AsyncIterator<Buffer> = this.#stream.iterator({ destroyOnReturn: false });
      for (;;) {
        const next = await unlessAborted(parts.next(), this.#signal);
        if (next.done) break;
        const chunk = next.value;
        this.#hash.update(chunk);
        let end = chunk.length;
        while (end > 0 && chunk[end - 1] === 0) end--;
        if (end > 0) this.bytesWithoutPadding = this.bytes + end;
        this.bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw asInputError(this.file, error);
    }
  }

  /** Throws the signal's reason if it is aborted. */
  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }

  /** Reads the rest and returns the fingerprint of the whole. Call it once. */
  async digest(): Promise<InputDigest> {
    if (!this.#stream.readableEnded) for await (const _ of this.chunks());
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') };
  }

  /** Stops reading and frees the file. */
  close(): void {
    this.#stream.destroy();
  }
}
