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

/** What the system answers who may not write. */
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/**
 * The manifest's files as many processes share them: read without the lock, changed under it, and made anew where they are
 * damaged and that is possible.
 */
export class SharedFiles {
  readonly lockTimeoutMs: number;
  /** The time, ISO 8601. */
  readonly now: () => string;
  readonly #acquireLock: (timeoutMs: number) => Promise<Lock>;
  readonly #options: ManifestOptions;
  /** For one piece of work with the store at a time. */
  readonly #turns = new Turns();
  #store: ManifestStore | null = null;

  constructor(
    readonly path: string,
    options: ManifestOptions,
  ) {
    const { lockTimeoutMs = 30_000, acquireLock, now = () => new Date() } = options;
    this.#options = options;
    this.lockTimeoutMs = lockTimeoutMs;
    this.#acquireLock = acquireLock ?? ((timeoutMs) => FileLock.acquire(`${path}.lock`, { timeoutMs }));
    this.now = () => now().toISOString();
  }

  /** Opened late: the folder need not be there before the first use. */
  get store(): ManifestStore {
    this.#store ??= new ManifestStore(this.path, {
      fsync: this.#options.fsync ?? true,
      coherent: isLocalDisk(dirname(this.path)),
    });
    return this.#store;
  }

  /** What is to be known of the files' state, without the lock unless they are being changed too fast or damaged. */
  async read<T>(of: (model: ManifestModel) => T): Promise<T> {
    // The reading itself waits for nothing: a loop of it would leave timers and signals no turn.
    await turn();
    try {
      return await this.#turns.take(() => of(this.store.read(false)));
    } catch (error) {
      if (!(error instanceof UnsettledError)) throw error;
      return await this.locked(async () => of(await this.current())).catch(
        (caught: NodeJS.ErrnoException) => {
          // Who may only read is told what is wrong, not that the lock cannot be had.
          throw READ_ONLY.has(caught.code ?? '') && error.cause ? error.cause : caught;
        },
      );
    }
  }

  /** Reads ahead, so that less is left to do under the lock. */
  async prepare(): Promise<void> {
    await this.#turns.take(() => this.store.prepare());
  }

  /** Does some work with the store under the lock. */
  async locked<T>(work: (files: SharedFiles) => T | Promise<T>, timeoutMs = this.lockTimeoutMs): Promise<T> {
    const lock = await this.#acquireLock(timeoutMs);
    try {
      return await this.#turns.take(() => work(this));
    } finally {
      await lock.release();
    }
  }

  /** The state as the files have it; made anew where they are damaged and that is possible. Under the lock. */
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
          `${error.reason}; it could not be made anew: ${messageOf(cause)}`,
          { cause },
        );
      });
      const aside = await keepDamaged([store.path, store.journalPath]);
      await store.replace(model);
      onWarning(
        `${this.path} was damaged (${error.reason}) and is made anew from the checkpoints; the damaged one is ${aside}`,
      );
      return model;
    }
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
