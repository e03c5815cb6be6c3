import { resolve } from 'node:path';
import type { DurableOptions } from '@holdfast/durable';
import { above0, callback, checkOptions, having, OptionTypeError, object } from '@holdfast/options';
import { durableChecks } from '../durable-checks.js';
import { CheckpointWriteError, CheckpointWritesError } from '../errors.js';
import { checkIds, checkNumbers, checkParts, checkShape } from '../read/check.js';
import type { JobRunner } from './job.js';
import { type DeviceMatrix, isStorage, type Matrix, type Metadata, type StorageType } from './parts.js';
import { StagingPool } from './staging.js';
import { type Written, writeCheckpoint } from './write.js';
import { WriterThread } from './writer-thread.js';

/** A checkpoint that lasts. */
export interface DurableCheckpoint extends Written {
  path: string;
  rows: number;
  metadata: Metadata;
}

export interface WriterOptions extends DurableOptions {
  /** How rows are kept: `float32` exactly (default), `float16` rounded, in half the room. */
  storage?: StorageType;
  /** A thread that other writers use as well, one after another or at once; closing it is its maker's. Default: one of the writer's own, started for its first checkpoint. No use with `fs`. */
  thread?: WriterThread;
  /** Bytes of rows that may wait for the disk; a caller beyond it is held back. Default 256 MiB. */
  maxPendingBytes?: number;
  /**
   * Told of each checkpoint once it lasts, one after another in the order of acceptance, before it stops being pending; for
   * a manifest. What it throws is told like a failed write, with `onDisk` set: that checkpoint lasts, and is not to be
   * written again. It must not wait for `waitAll()`, which waits for it.
   */
  onDurable?: (checkpoint: DurableCheckpoint) => void | Promise<void>;
}

const writerOptions = object<WriterOptions>({
  ...durableChecks,
  storage: isStorage,
  thread: having('a WriterThread', 'run', 'close'),
  maxPendingBytes: above0('bytes'),
  onDurable: callback,
});

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
  #draining: Promise<void> | null = null;
  #pendingWrites = 0;
  /** Bytes of the rows that are copied and not yet written. */
  #stagedBytes = 0;
  /** Settles when all earlier calls are accepted or refused; never fails. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws RangeError and TypeError for options that are none (`code` is `invalid_option`). */
  constructor(options: WriterOptions = {}) {
    checkOptions('AsyncCheckpointWriter', options, writerOptions);
    this.#options = options;
    this.#storage = options.storage ?? 'float32';
    this.#runner = options.fs ? hereWith({ fs: options.fs }) : (options.thread ?? new WriterThread());
    this.#maxPendingBytes = options.maxPendingBytes ?? 256 * 1024 * 1024;
  }

  /**
   * Accepts one checkpoint: resolves when its rows are copied, not when they are on disk.
   *
   * @param path where the `.pt` shall be; its folder exists.
   * @param embeddings float32 rows `[rows, dim]`, on the host or on a device.
   * @param sequenceIds one ID a row, in the rows' order.
   * @param metadata plain facts, copied.
   * @throws RangeError when shape, rows and IDs do not agree or two rows have one ID; TypeError for rows that are no float32,
   * and metadata that are no plain data (`code` is `invalid_option`); in both cases nothing is accepted. CheckpointWritesError when an earlier write failed; this one is then
   * not accepted either, and can be asked for again.
   */
  async writeCheckpointAsync(
    path: string,
    embeddings: Matrix | DeviceMatrix,
    sequenceIds: readonly string[],
    metadata: Metadata = {},
  ): Promise<void> {
    this.#throwFailures();
    const call = { of: 'writeCheckpointAsync', path };
    checkParts(call, { rows: embeddings, ids: sequenceIds, metadata });
    // Copied before anything is awaited, and what is checked is the copy.
    const ids = [...sequenceIds];
    const given = 'getData' in embeddings ? (embeddings.shape ?? embeddings.dims) : embeddings.shape;
    const shape = checkShape(call, given, ids);
    checkIds(call, ids);
    if ('getData' in embeddings && (embeddings.type ?? 'float32') !== 'float32')
      throw new OptionTypeError(`${path}: rows of type ${embeddings.type}; float32 is written`, {
        of: call.of,
        option: 'embeddings.type',
        given: embeddings.type,
      });
    const facts = plainCopy(path, metadata);
    const place = resolve(path);
    this.#pendingWrites++;
    // In the order of the calls, whatever a device takes to hand out its rows: a later file without an earlier is a gap.
    const accepted = this.#turn.then(() => this.#accept(embeddings, { path: place, shape, ids, facts }));
    this.#turn = accepted.catch(() => this.#leave(0));
    return accepted;
  }

  /** Copies the rows once there is room for them, and hands them on to be written. */
  async #accept(
    embeddings: Matrix | DeviceMatrix,
    { path, shape, ids, facts }: { path: string; shape: Matrix['shape']; ids: string[]; facts: Metadata },
  ): Promise<void> {
    const bytes = shape[0] * shape[1] * Float32Array.BYTES_PER_ELEMENT;
    // One write larger than the whole allowance is let in alone, else it would wait for ever.
    while (this.#stagedBytes > 0 && this.#stagedBytes + bytes > this.#maxPendingBytes) await this.#change();
    const numbers = 'getData' in embeddings ? await embeddings.getData() : embeddings.data;
    const data = this.#pool.copy(checkNumbers({ of: 'writeCheckpointAsync', path }, numbers, shape));
    this.#stagedBytes += bytes;
    const rows = { data, shape };
    const written = this.#runner.run({
      path,
      rows,
      sequenceIds: ids,
      metadata: facts,
      storage: this.#storage,
    });
    // Told below, in its turn.
    written.catch(() => undefined);
    this.#tail = this.#tail
      .then(() => this.#settle(path, written, { rows: shape[0], metadata: facts }))
      .finally(() => {
        this.#pool.release(data);
        this.#leave(bytes);
      });
  }

  /** Sees one write to its end, and keeps what went wrong for the next call. */
  async #settle(
    path: string,
    written: Promise<Written>,
    facts: Pick<DurableCheckpoint, 'rows' | 'metadata'>,
  ): Promise<void> {
    let onDisk = false;
    try {
      const told = await written;
      onDisk = true;
      await this.#options.onDurable?.({ ...told, path, ...facts });
    } catch (error) {
      this.#failed.push(new CheckpointWriteError(path, error, onDisk));
    }
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
  waitAll(): Promise<void> {
    // Whoever waits at the same time hears the same.
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  /**
   * The same as `waitAll()`, after which the thread is given back. A later write starts another; one that is accepted
   * meanwhile is waited for too.
   */
  async shutdown(): Promise<void> {
    try {
      while (this.hasPending() || this.#failed.length > 0) await this.waitAll();
    } finally {
      if (!this.hasPending() && this.#runner !== this.#options.thread) await this.#runner.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #drain(): Promise<void> {
    while (this.hasPending()) await this.#change();
    this.#throwFailures();
  }

  /** Resolves when the next write is over. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #leave(bytes: number): void {
    this.#pendingWrites--;
    this.#stagedBytes -= bytes;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #throwFailures(): void {
    if (this.#failed.length > 0) throw new CheckpointWritesError(this.#failed.splice(0));
  }
}

/** A copy of metadata that nobody else holds. @throws TypeError for what is no plain data, such as a function. */
function plainCopy(path: string, metadata: Metadata): Metadata {
  try {
    return structuredClone({ ...metadata });
  } catch (cause) {
    const message = `${path}: metadata that are no plain data: ${(cause as Error).message}`;
    const refused = { of: 'writeCheckpointAsync', option: 'metadata', given: metadata };
    throw Object.assign(new OptionTypeError(message, refused), { cause });
  }
}

/** Writes in the caller's thread, with the caller's file system. */
function hereWith({ fs }: Required<DurableOptions>): JobRunner {
  let before: Promise<unknown> = Promise.resolve();
  return {
    run({ path, rows, sequenceIds, metadata, storage }) {
      const written = before.then(() => writeCheckpoint(path, rows, sequenceIds, metadata, { fs, storage }));
      before = written.catch(() => undefined);
      return written;
    },
    close: async () => undefined,
  };
}
