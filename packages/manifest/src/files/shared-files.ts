import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { debuglog } from 'node:util';
import { FileLock, isLocalDisk } from '@holdfast/file-lock';
import { ManifestCorruptError } from '../errors.js';
import type { ManifestModel } from '../model/model.js';
import type { Lock, ManifestOptions } from '../options.js';
import { keepDamaged, rebuilt } from './rebuild.js';
import { ManifestStore, UnsettledError } from './store.js';
import { Turns } from './turns.js';

const debug = debuglog('holdfast:manifest');

/** Errors for a process that may not write. */
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/**
 * The manifest's files, shared by many processes: read without the lock, changed under it, and rebuilt if
 * they are damaged and a `rebuild` was passed.
 */
export class SharedFiles {
  readonly lockTimeoutMs: number;
  /** The time, ISO 8601. */
  readonly now: () => string;
  readonly #acquireLock: (timeoutMs: number) => Promise<Lock>;
  readonly #options: ManifestOptions;
  /** Serializes work with the store. */
  readonly #turns = new Turns();
  #store: ManifestStore | null = null;

  constructor(
    readonly path: string,
    options: ManifestOptions,
  ) {
    const { lockTimeoutMs = 30_000, acquireLock, now = () => new Date() } = options;
    this.#options = options;
    this.lockTimeoutMs = lockTimeoutMs;
    this.#acquireLock =
      acquireLock ?? ((timeoutMs) => FileLock.acquire(`${path}.lock`, { timeoutMs, crowded: true }));
    this.now = () => now().toISOString();
  }

  /** Created on first use: the folder need not exist before. */
  get store(): ManifestStore {
    this.#store ??= new ManifestStore(this.path, {
      fsync: this.#options.fsync ?? true,
      coherent: isLocalDisk(dirname(this.path)),
    });
    return this.#store;
  }

  /** Reads from the current state, without the lock unless the files change too fast or look damaged. */
  async read<T>(of: (model: ManifestModel) => T): Promise<T> {
    // The read is synchronous: without this, a loop of reads would starve timers and signals.
    await turn();
    try {
      return await this.#turns.take(() => of(this.store.read(false)));
    } catch (error) {
      if (!(error instanceof UnsettledError)) throw error;
      return await this.locked(async () => of(await this.current())).catch(
        (caught: NodeJS.ErrnoException) => {
          // A process that may only read gets the actual fault, not the failure to lock.
          throw READ_ONLY.has(caught.code ?? '') && error.cause ? error.cause : caught;
        },
      );
    }
  }

  /** Reads ahead, to shorten the work under the lock. */
  async prepare(): Promise<void> {
    await this.#turns.take(() => this.store.prepare());
  }

  /** Runs `work` under the lock. */
  async locked<T>(work: (files: SharedFiles) => T | Promise<T>, timeoutMs = this.lockTimeoutMs): Promise<T> {
    const lock = await this.#acquireLock(timeoutMs);
    try {
      return await this.#turns.take(() => work(this));
    } finally {
      await lock.release();
    }
  }

  /**
   * The files' current state; rebuilt if they are damaged and a `rebuild` was passed. Call it under the lock.
   */
  async current(): Promise<ManifestModel> {
    const { store } = this;
    try {
      return store.read(true);
    } catch (error) {
      const { rebuild, onWarning = (message) => process.emitWarning(message) } = this.#options;
      if (!(error instanceof ManifestCorruptError) || !rebuild) throw error;
      debug('rebuilding %s: %s', this.path, error.reason);
      const model = await rebuilt(store.readable(), rebuild, this.now()).catch((cause: unknown) => {
        throw new ManifestCorruptError(
          this.path,
          `${error.reason}; it could not be rebuilt: ${messageOf(cause)}`,
          { cause },
        );
      });
      const aside = await keepDamaged([store.path, store.journalPath]);
      await store.replace(model);
      onWarning(
        `${this.path} was damaged (${error.reason}) and was rebuilt from the checkpoints; the damaged one is kept as ${aside}`,
      );
      return model;
    }
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
