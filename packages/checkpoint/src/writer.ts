import type { DurableOptions } from '@holdfast/durable';
import { CheckpointWriteError, CheckpointWritesError } from './errors.js';
import { StagingPool } from './staging.js';
import { type Matrix, type Metadata, writeCheckpoint } from './write.js';

/** Rows that still lie on a device; `getData` brings them to the host. */
export interface DeviceMatrix {
  shape: readonly [rows: number, dim: number];
  getData(): Promise<Float32Array>;
}

export interface WriterOptions extends DurableOptions {
  /** Bytes of rows that may wait for the disk; a caller beyond it is held back. Default 256 MiB. */
  maxPendingBytes?: number;
  /** Told of each checkpoint once it lasts, in order, before it stops being pending; for a manifest. What it throws counts as a failed write. */
  onDurable?: (checkpoint: { path: string; rows: number; metadata: Metadata }) => void | Promise<void>;
}

/**
 * Writes checkpoints one after another behind the caller's back.
 *
 * What a call accepted is a snapshot: once `writeCheckpointAsync` resolves, the caller may overwrite its rows. A write
 * that failed is told by the next call and by `waitAll()`, never swallowed.
 */
export class AsyncCheckpointWriter implements AsyncDisposable {
  readonly #options: WriterOptions;
  readonly #maxPendingBytes: number;
  readonly #pool = new StagingPool();
  readonly #failed: CheckpointWriteError[] = [];
  readonly #waiting: (() => void)[] = [];
  #tail: Promise<void> = Promise.resolve();
  #pendingWrites = 0;
  #pendingBytes = 0;

  constructor(options: WriterOptions = {}) {
    this.#options = options;
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
   * @throws RangeError when shape, rows and IDs do not agree; CheckpointWritesError when an earlier write failed.
   */
  async writeCheckpointAsync(
    path: string,
    embeddings: Matrix | DeviceMatrix,
    sequenceIds: readonly string[],
    metadata: Metadata = {},
  ): Promise<void> {
    this.#throwFailures();
    const [rows, dim] = embeddings.shape;
    if (rows !== sequenceIds.length) {
      throw new RangeError(`${path}: ${rows} rows but ${sequenceIds.length} sequence IDs`);
    }
    const bytes = rows * dim * Float32Array.BYTES_PER_ELEMENT;
    // Reserved before any wait, so that two callers cannot both see the same room.
    await this.#room(bytes);
    const ids = [...sequenceIds];
    const facts = { ...metadata };
    let copy: Float32Array<ArrayBuffer>;
    try {
      const data = 'getData' in embeddings ? await embeddings.getData() : embeddings.data;
      if (data.length !== rows * dim) {
        throw new RangeError(`${path}: shape [${rows}, ${dim}] but ${data.length} numbers`);
      }
      copy = this.#pool.copy(data);
    } catch (error) {
      this.#leave(bytes);
      throw error;
    }
    this.#tail = this.#tail.then(async () => {
      try {
        await writeCheckpoint(path, { data: copy, shape: [rows, dim] }, ids, facts, this.#options);
        await this.#options.onDurable?.({ path, rows, metadata: facts });
      } catch (error) {
        this.#failed.push(new CheckpointWriteError(path, error));
      } finally {
        this.#pool.release(copy);
        this.#leave(bytes);
      }
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

  /** The same as `waitAll()`; the writer holds nothing else that must be given back. */
  shutdown(): Promise<void> {
    return this.waitAll();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.waitAll();
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
