import { resolve } from 'node:path';
import type { DurableOptions } from '@holdfast/durable';
import { above0, callback, checkOptions, having, OptionTypeError, object, words } from '@holdfast/options';
import { durableChecks } from '../durable-checks.js';
import { CheckpointWriteError, CheckpointWritesError } from '../errors.js';
import { checkIds, checkNumbers, checkParts, checkShape, checkValues } from '../read/check.js';
import type { JobRunner, WriteJob } from './job.js';
import {
  type DeviceMatrix,
  isStorage,
  type Matrix,
  type Metadata,
  type RowValues,
  type StorageType,
} from './parts.js';
import { StagingPool } from './staging.js';
import { type Written, writeCheckpoint } from './write.js';
import { WriterThread } from './writer-thread.js';

/** A durable checkpoint. */
export interface DurableCheckpoint extends Written {
  path: string;
  rows: number;
  metadata: Metadata;
}

/** A write that failed. Nothing of it is left on disk. */
export interface FailedWrite {
  path: string;
  /** Bytes of its rows. */
  bytes: number;
  error: unknown;
}

export interface WriterOptions extends DurableOptions {
  /** How numbers are stored: `float32` exactly (default), or `float16` or `bfloat16` rounded, in half the space. */
  storage?: StorageType;
  /**
   * A thread that several writers share, in turn or at the same time; its creator closes it. Default: the
   * writer's own, started for its first checkpoint. Ignored with `fs`.
   */
  thread?: WriterThread;
  /**
   * A folder beside the checkpoints through which every file goes: once another process has removed it, writes fail with
   * `fenced` and change nothing (see `fencedFileSystem`). Ignored with `fs`. Default: none.
   */
  fence?: string;
  /** Bytes of rows that may wait for the disk; callers wait beyond that. Default 256 MiB. */
  maxPendingBytes?: number;
  /**
   * Called after a failed write. If it resolves to true, the write is tried again, as often as that happens; later
   * checkpoints wait meanwhile. For a full disk: it waits for room. Default: a failed write is not tried again.
   */
  retry?: (failed: FailedWrite) => Promise<boolean>;
  /**
   * Called for each checkpoint once it is durable, one at a time and in order of acceptance, while it still
   * counts as pending; for a manifest. If it throws, the error is reported like a failed write, with `onDisk`
   * set: the checkpoint is durable and must not be written again. It must not wait for `waitAll()`, which
   * waits for it.
   */
  onDurable?: (checkpoint: DurableCheckpoint) => void | Promise<void>;
}

const writerOptions = object<WriterOptions>({
  ...durableChecks,
  storage: isStorage,
  thread: having('a WriterThread', 'run', 'close'),
  fence: words,
  maxPendingBytes: above0('bytes'),
  retry: callback,
  onDurable: callback,
});

/**
 * Writes checkpoints one at a time in the background, in its own thread: the caller's event loop only copies
 * the rows. (With a custom file system, `fs`, it writes in the caller's thread.)
 *
 * An accepted call is a snapshot: once `writeCheckpointAsync` resolves, the caller may overwrite its rows.
 * The next call and `waitAll()` report a failed write; it is never swallowed.
 */
export class AsyncCheckpointWriter implements AsyncDisposable {
  readonly #options: WriterOptions;
  readonly #maxPendingBytes: number;
  readonly #pool = new StagingPool();
  readonly #storage: StorageType;
  readonly #runner: JobRunner;
  readonly #failed: CheckpointWriteError[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Settles once all accepted writes are done; never rejects. */
  #tail: Promise<unknown> = Promise.resolve();
  #draining: Promise<void> | null = null;
  #pendingWrites = 0;
  /** Bytes of rows that are copied but not yet written. */
  #stagedBytes = 0;
  /** Settles once the write before is done, if writes are tried again; never rejects. */
  #written: Promise<unknown> = Promise.resolve();
  /** Settles once all earlier calls are accepted or refused; never rejects. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws RangeError and TypeError for invalid options (`code` is `invalid_option`). */
  constructor(options: WriterOptions = {}) {
    checkOptions('AsyncCheckpointWriter', options, writerOptions);
    this.#options = options;
    this.#storage = options.storage ?? 'float32';
    this.#runner = options.fs ? hereWith({ fs: options.fs }) : (options.thread ?? new WriterThread());
    this.#maxPendingBytes = options.maxPendingBytes ?? 256 * 1024 * 1024;
  }

  /**
   * Accepts one checkpoint: resolves once its rows are copied, not when they are on disk.
   *
   * @param path of the `.pt`; its folder must exist.
   * @param embeddings float32 rows `[rows, dim]`, on the host or on a device.
   * @param sequenceIds one ID per row, in order.
   * @param metadata plain facts, copied.
   * @throws RangeError if shape, rows and IDs do not agree or two rows have the same ID; TypeError for rows
   * other than float32 and for metadata that are not plain data (`code` is `invalid_option`); nothing is
   * accepted then. CheckpointWritesError if an earlier write failed; this call is then not accepted either
   * and can be repeated.
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
    // Copied before anything is awaited; the checks below are of the copy.
    const ids = [...sequenceIds];
    const given = 'getData' in embeddings ? (embeddings.shape ?? embeddings.dims) : embeddings.shape;
    const shape = checkShape(call, given, ids);
    checkIds(call, ids);
    if ('getData' in embeddings && (embeddings.type ?? 'float32') !== 'float32')
      throw new OptionTypeError(`${path}: rows of type ${embeddings.type}; only float32 is accepted`, {
        of: call.of,
        option: 'embeddings.type',
        given: embeddings.type,
      });
    const values = 'getData' in embeddings ? undefined : embeddings.values;
    checkValues(call, values, shape[0]);
    const facts = plainCopy(path, metadata);
    const place = resolve(path);
    this.#pendingWrites++;
    // In the order of the calls, however long a device takes: a later file without an earlier one is a gap.
    const accepted = this.#turn.then(() =>
      this.#accept(embeddings, { path: place, shape, ids, facts, values }),
    );
    this.#turn = accepted.catch(() => this.#leave(0));
    return accepted;
  }

  /** Copies the rows once there is room for them, and queues them for writing. */
  async #accept(
    embeddings: Matrix | DeviceMatrix,
    { path, shape, ids, facts, values }: Accepted,
  ): Promise<void> {
    const bytes = (shape[0] * shape[1] + (values?.data.length ?? 0)) * Float32Array.BYTES_PER_ELEMENT;
    // Admit a single write beyond the whole allowance when idle; otherwise it would wait forever.
    while (this.#stagedBytes > 0 && this.#stagedBytes + bytes > this.#maxPendingBytes) await this.#change();
    const numbers = 'getData' in embeddings ? await embeddings.getData() : embeddings.data;
    const data = this.#pool.copy(checkNumbers({ of: 'writeCheckpointAsync', path }, numbers, shape));
    const more = values && { ...values, data: this.#pool.copy(values.data) };
    this.#stagedBytes += bytes;
    const rows = { data, shape, ...(more && { values: more }) };
    const { fence } = this.#options;
    const storage = this.#storage;
    const job = { path, rows, sequenceIds: ids, metadata: facts, storage, ...(fence && { fence }) };
    const written = this.#options.retry === undefined ? this.#runner.run(job) : this.#inTurn(job);
    // Reported below, in order.
    written.catch(() => undefined);
    this.#tail = this.#tail
      .then(() => this.#settle(path, written, { rows: shape[0], metadata: facts }))
      .finally(() => {
        this.#pool.release(data);
        if (more) this.#pool.release(more.data);
        this.#leave(bytes);
      });
  }

  /** Writes after all earlier ones: a later file without an earlier one is a gap. */
  #inTurn(job: WriteJob): Promise<Written> {
    const written = this.#written.then(() => this.#persist(job));
    this.#written = written.catch(() => undefined);
    return written;
  }

  async #persist(job: WriteJob): Promise<Written> {
    for (;;) {
      try {
        return await this.#runner.run(job);
      } catch (error) {
        const { data, values } = job.rows;
        const bytes = data.byteLength + (values?.data.byteLength ?? 0);
        const failed = { path: job.path, bytes, error };
        if (!(await this.#options.retry?.(failed))) throw error;
      }
    }
  }

  /** Waits for one write, and keeps its error for the next call. */
  async #settle(
    path: string,
    written: Promise<Written>,
    facts: Pick<DurableCheckpoint, 'rows' | 'metadata'>,
  ): Promise<void> {
    let onDisk = false;
    try {
      const result = await written;
      onDisk = true;
      await this.#options.onDurable?.({ ...result, path, ...facts });
    } catch (error) {
      this.#failed.push(new CheckpointWriteError(path, error, onDisk));
    }
  }

  /** Whether an accepted checkpoint is not yet on disk. */
  hasPending(): boolean {
    return this.#pendingWrites > 0;
  }

  /**
   * Waits until everything accepted is on disk.
   *
   * @throws CheckpointWritesError with each failed write that was not reported before.
   */
  waitAll(): Promise<void> {
    // Concurrent callers get the same result.
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  /**
   * Like `waitAll()`, then ends the thread. Also waits for writes accepted meanwhile; a later write starts
   * another thread.
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

  /** Resolves when the next write is done. */
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

/** A call that is accepted, but for its rows. */
interface Accepted {
  path: string;
  shape: Matrix['shape'];
  ids: string[];
  facts: Metadata;
  values: RowValues | undefined;
}

/** A private copy of metadata. @throws TypeError for anything but plain data, such as a function. */
function plainCopy(path: string, metadata: Metadata): Metadata {
  try {
    return structuredClone({ ...metadata });
  } catch (cause) {
    const message = `${path}: the metadata are not plain data: ${(cause as Error).message}`;
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
