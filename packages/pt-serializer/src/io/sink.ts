import type { FileHandle } from 'node:fs/promises';
import { having } from '@holdfast/options';
import { wrongKind } from '../refusals.js';
import { release, reserve } from './system-calls.js';

/** Takes bytes. `write` takes all of them; the caller may reuse them once it resolves. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
}

export const isSink = having('an open file of node:fs/promises or a sink', 'write');

/** The system writes less than 2 GiB at a time. */
const MAX_WRITE = 2 ** 30;
/** Bytes after which writeback starts, while more is written. */
const SYNC_EVERY = 2 ** 24;

/** A sink that appends to an open file and handles short writes. */
export class FileSink implements Sink {
  readonly #file: FileHandle;
  readonly #sync: boolean;
  /** Whether space is reserved for bytes that are not yet written. */
  #reserved = false;
  #unsynced = 0;
  #syncing: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;

  /** @param sync whether `finish` syncs the file. */
  constructor(file: FileHandle, sync: boolean) {
    this.#file = file;
    this.#sync = sync;
  }

  /** Announces that at least this many bytes will be written. */
  async expect(bytes: number): Promise<void> {
    this.#reserved = await reserve(this.#file, bytes);
  }

  /** Ends writing, even if fewer bytes arrived than expected. */
  async abandon(): Promise<void> {
    if (this.#reserved) await release(this.#file);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, MAX_WRITE);
      done += (await this.#file.write(bytes, done, length)).bytesWritten;
    }
    this.#unsynced += bytes.length;
    if (this.#sync && this.#unsynced >= SYNC_EVERY && !this.#syncing) this.#beginSync();
  }

  /** Waits for pending operations. */
  async finish(): Promise<void> {
    await this.#syncing;
    // The system reports a failed write only once, so keep an early report.
    if (this.#failure) throw this.#failure.error;
    if (this.#sync) await this.#file.sync();
  }

  #beginSync(): void {
    this.#unsynced = 0;
    this.#syncing = this.#file
      .datasync()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#syncing = null;
      });
  }
}

/** Whether it is a file handle of `node:fs/promises`, whose `write` may take only a part. */
export function isFileHandle(sink: Sink | FileHandle): sink is FileHandle {
  return 'fd' in sink && 'datasync' in sink;
}

/**
 * Wraps a caller's sink and checks its contract.
 *
 * @throws TypeError if its `write` returns no promise, like a stream's, which does not show when bytes may be
 * reused.
 */
export function checkedSink(sink: Sink): Sink {
  return {
    write(bytes) {
      const written: unknown = sink.write(bytes);
      if (typeof (written as Promise<void> | undefined)?.then !== 'function')
        throw wrongKind(
          'writePt',
          'sink',
          'the write method of the sink returns no promise; pass an open file of node:fs/promises, or for a stream { write: (bytes) => … } with a promise that resolves once the stream has taken them',
        );
      return written as Promise<void>;
    },
  };
}
