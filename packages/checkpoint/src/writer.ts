import type { DurableOptions } from '@holdfast/durable';
import { CheckpointWriteError, CheckpointWritesError } from './errors.js';
import type { JobRunner } from './job.js';
import { StagingPool } from './staging.js';
import { ThreadRunner } from './thread-runner.js';
import { type Matrix, type Metadata, type StorageType, type Written, writeCheckpoint } from './write.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Rows that still lie on a device; `getData` brings them to the host. */
export interface DeviceMatrix {
  shape: readonly [rows: number, dim: number];
  /** Element type, where the device's tensor tells it; must be `float32`. */
  type?: string;
  getData(): Promise<Float32Array>;
}

/** A checkpoint that lasts. */
export interface DurableCheckpoint extends Written {
  path: string;
  rows: number;
  metadata: Metadata;
}

export interface WriterOptions extends DurableOptions {
  /** How rows are kept: `float32` exactly (default), `float16` rounded, in half the room. */
  storage?: StorageType;
  /** Bytes of rows that may wait for the disk; a caller beyond it is held back. Default 256 MiB. */
  maxPendingBytes?: number;
  /** Told of each checkpoint once it lasts, in order, before it stops being pending; for a manifest. What it throws counts as a failed write. */
  onDurable?: (checkpoint: DurableCheckpoint) => void | Promise<void>;
}

/**
 * Writes checkpoints one after another behind the caller's back, in a thread of its own: the caller's event loop copies
 * the rows and nothing else. (With a file system of the caller's, `fs`, it is done in the caller's thread.)
 *
 * What a call accepted is a snapshot: once `writeCheckpointAsync` resolves, the caller may overwrite its rows. A write
 * that failed is told by the next call and by `waitAll()`, never swallowed.
 */
export class AsyncCheckpointWriter implements AsyncDisposable {
  readonly #options: WriterOptions;
  readonly #maxPendingBytes: number;
  readonly #pool = new StagingPool();
  readonly #storage: StorageType;
  readonly #runner: JobRunner;
  readonly #failed: CheckpointWriteError[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Settles when all that was accepted is over; never fails. */
  #tail: Promise<unknown> = Promise.resolve();
  #pendingWrites = 0;
  #pendingBytes = 0;

  constructor(options: WriterOptions = {}) {
    this.#options = options;
    this.#storage = options.storage ?? 'float32';
    if (!['float32', 'float16'].includes(this.#storage))
      throw new RangeError(`storage ${JSON.stringify(this.#storage)}; float32 and float16 are written`);
    this.#runner = options.fs ? hereWith(options) : new ThreadRunner();
    this.#maxPendingBytes = options.maxPendingBytes ?? 256 * 1024 * 1024;
    if (!(this.#maxPendingBytes > 0)) {
      throw new RangeError(
        `maxPendingBytes must be a positive number of bytes, not ${this.#maxPendingBytes}`,
      );
    }
  }

  /**
   * Accepts one checkpoint: resolves when its rows are copied, not when they are on disk.
   *
   * @param path where the `.pt` shall be; its folder exists.
   * @param embeddings float32 rows `[rows, dim]`, on the host or on a device.
   * @param sequenceIds one ID a row, in the rows' order.
   * @throws RangeError when shape, rows and IDs do not agree; TypeError for rows that are no float32; in both cases
   * nothing is accepted. CheckpointWritesError when an earlier write failed; this one is then not accepted either, and can
   * be asked for again.
   */
  async writeCheckpointAsync(
    path: string,
    embeddings: Matrix | DeviceMatrix,
    sequenceIds: readonly string[],
    metadata: Metadata = {},
  ): Promise<void> {
    this.#throwFailures();
    const [rows, dim] = embeddings.shape;
    if (
      embeddings.shape.length !== 2 ||
      ![rows, dim].every((size) => Number.isSafeInteger(size) && size >= 0)
    )
      throw new RangeError(`${path}: shape [${embeddings.shape.join(', ')}] is no [rows, dim]`);
    if (rows !== sequenceIds.length) {
      throw new RangeError(`${path}: ${rows} rows but ${sequenceIds.length} sequence IDs`);
    }
    const strange = sequenceIds.findIndex((id) => typeof id !== 'string' || LONE_SURROGATE.test(id));
    if (strange >= 0)
      throw new RangeError(
        `${path}: the ID of row ${strange}, ${String(sequenceIds[strange])}, is no text in UTF-8`,
      );
    if ('getData' in embeddings && (embeddings.type ?? 'float32') !== 'float32')
      throw new TypeError(`${path}: rows of type ${embeddings.type}; float32 is written`);
    const bytes = rows * dim * Float32Array.BYTES_PER_ELEMENT;
    // Reserved before any wait, so that two callers cannot both see the same room.
    await this.#room(bytes);
    const ids = [...sequenceIds];
    const facts = { ...metadata };
    let data: Float32Array;
    try {
      const given = 'getData' in embeddings ? await embeddings.getData() : embeddings.data;
      if (!(given instanceof Float32Array)) throw new TypeError(`${path}: rows that are no Float32Array`);
      if (given.length !== rows * dim) {
        throw new RangeError(`${path}: shape [${rows}, ${dim}] but ${given.length} numbers`);
      }
      data = this.#pool.copy(given);
    } catch (error) {
      this.#leave(bytes);
      throw error;
    }
    const job = { path, rows: { data, shape: [rows, dim] as const }, sequenceIds: ids, metadata: facts };
    const written = this.#runner.run({ ...job, storage: this.#storage });
    this.#tail = Promise.all([written, this.#tail])
      .then(([told]) => this.#options.onDurable?.({ ...told, path, rows, metadata: facts }))
      .catch((error: unknown) => {
        this.#failed.push(new CheckpointWriteError(path, error));
      })
      .finally(() => {
        this.#pool.release(data);
        this.#leave(bytes);
      });
  }

  /** Whether anything accepted is not yet on disk. */
  hasPending(): boolean {
    return this.#pendingWrites > 0;
  }

  /**
   * Waits until everything accepted is on disk.
   *
   * @throws CheckpointWritesError naming each write that failed and was not told before.
   */
  async waitAll(): Promise<void> {
    while (this.hasPending()) await this.#change();
    this.#throwFailures();
  }

  /** The same as `waitAll()`, after which the thread is given back. A later write starts another. */
  async shutdown(): Promise<void> {
    try {
      await this.waitAll();
    } finally {
      await this.#runner.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #room(bytes: number): Promise<void> {
    // One write larger than the whole allowance is let in alone, else it would wait for ever.
    while (this.#pendingWrites > 0 && this.#pendingBytes + bytes > this.#maxPendingBytes) {
      await this.#change();
    }
    this.#pendingWrites++;
    this.#pendingBytes += bytes;
  }

  /** Resolves when the next write is over. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #leave(bytes: number): void {
    this.#pendingWrites--;
    this.#pendingBytes -= bytes;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #throwFailures(): void {
    if (this.#failed.length > 0) throw new CheckpointWritesError(this.#failed.splice(0));
  }
}

/** Writes in the caller's thread, with the caller's file system. */
function hereWith(options: DurableOptions): JobRunner {
  let before: Promise<unknown> = Promise.resolve();
  return {
    run({ path, rows, sequenceIds, metadata, storage }) {
      const written = before.then(() =>
        writeCheckpoint(path, rows, sequenceIds, metadata, { ...options, storage }),
      );
      before = written.catch(() => undefined);
      return written;
    },
    close: async () => undefined,
  };
}
