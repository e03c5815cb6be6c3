import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { debuglog } from 'node:util';
import { atPath, type DurableFileSystem, nodeFileSystem, syncDirectory } from '@holdfast/durable';
import { ManifestCorruptError, ManifestVersionError } from '../errors.js';
import { isFoldDue } from '../model/fold.js';
import { ManifestModel } from '../model/model.js';
import { JournalFile } from './journal-file.js';
import type { JournalRecord } from './journal-format.js';
import { SnapshotFile } from './snapshot-file.js';
import { WITHOUT_SYNC } from './store-files.js';

const debug = debuglog('holdfast:manifest');

/** From this many bytes, `manifest.json` is read before the lock is taken. */
const LARGE = 1 << 20;

/** Reads without the lock that another process may invalidate before the lock is taken instead. */
const READINGS = 50;

/** The files kept changing during reads without the lock, or look damaged: read them under the lock. */
export class UnsettledError extends Error {}

/** Makes appended events durable; call it after the lock is released. */
export type Settle = () => Promise<void>;

const SETTLED: Settle = async () => undefined;

const hasNoRoom = (error: unknown) =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Growth of the journal after which a failed fold is retried. */
const FOLD_AGAIN = 1.1;

export interface StoreOptions {
  /** Whether writes are synced. */
  fsync: boolean;
  /** Whether other processes see writes before they are synced, as on any local disk. */
  coherent: boolean;
}

/**
 * The two files of a manifest, `manifest.json` and `manifest.json.journal` with the events since, and their
 * state in memory. A read costs only what is new. Between two calls any holder of the lock may change the
 * files.
 *
 * The small steps under the lock are synchronous: each takes microseconds, and the lock is released sooner.
 */
export class ManifestStore {
  readonly #fs: DurableFileSystem;
  readonly #snapshot: SnapshotFile;
  readonly #journal: JournalFile;
  /** The state of both files, as far as they were read. */
  #model: ManifestModel | null = null;
  /** After a fold without room, the length of the journal, in bytes, at which to retry. */
  #foldAfter = 0;
  /** After a failed write or sync it is unknown what is durable; a new `manifest.json` will be. */
  #doubtful = false;
  /** Whether another process wrote `manifest.json`; it may have been killed before the name was durable. */
  #foreign = false;
  /** The last event seen on disk, and its manifest. Events do not disappear without damage. */
  #seen = { id: '', revision: 0 };

  constructor(
    readonly path: string,
    readonly options: StoreOptions,
  ) {
    this.#fs = options.fsync ? nodeFileSystem : WITHOUT_SYNC;
    this.#snapshot = new SnapshotFile(path, this.#fs);
    this.#journal = new JournalFile(path);
  }

  get journalPath(): string {
    return this.#journal.path;
  }

  /**
   * The files' current state.
   *
   * @param locked whether the caller holds the lock; without it the files may change meanwhile.
   * @throws ManifestCorruptError, ManifestVersionError; UnsettledError only without the lock; ENOENT if there
   * is no manifest.
   */
  read(locked: boolean): ManifestModel {
    if (locked) return this.#readOnce();
    for (let reading = 0; reading < READINGS; reading++) {
      try {
        const model = this.#readOnce();
        if (this.#snapshot.isSame()) return model;
      } catch (error) {
        if (!(error instanceof ManifestCorruptError)) throw error;
        if (this.#snapshot.isSame()) throw new UnsettledError('looks damaged', { cause: error });
      }
      this.#model = null;
    }
    throw new UnsettledError('changed while it was read');
  }

  /** Updates the state in memory without the lock, as far as possible, to shorten the work under it. */
  prepare(): void {
    try {
      // Reading a small file is faster than checking whether it changed.
      if (this.#model === null || (this.#snapshot.bytes > LARGE && !this.#snapshot.isSame()))
        this.read(false);
    } catch {
      // The read under the lock will report it.
    }
  }

  /**
   * The readable part of damaged files: `manifest.json` and the events before the damage. Null if there is
   * none.
   */
  readable(): ManifestModel | null {
    let model: ManifestModel;
    try {
      model = this.#readSnapshot();
    } catch {
      return null;
    }
    try {
      this.#journal.replay(model, this.#journal.tail()!);
    } catch {
      // The events before the damage are applied.
    }
    // The caller may change it, so it no longer equals the files.
    this.#model = null;
    return model;
  }

  /**
   * Appends events that are already applied to the model. Call it under the lock.
   *
   * @returns the step that makes them durable.
   */
  async append(records: readonly JournalRecord[]): Promise<Settle> {
    // Left by a process killed before emptying it: manifest.json has all of it.
    if (records[0]!.revision === this.#snapshot.revision + 1) this.#journal.rewind();
    const bytes = this.#journal.format(records, this.#model!.id);
    const length = this.#journal.bytes + bytes.length;
    if (this.#doubtful) return this.#replaced();
    if (length > this.#foldAfter && isFoldDue(this.#snapshot.bytes, length)) {
      debug('folding %d bytes of journal into %d of %s', length, this.#snapshot.bytes, this.path);
      if (await this.#fold()) return SETTLED;
      debug('no room to fold %s: its journal grows', this.path);
      this.#foldAfter = length * FOLD_AGAIN;
    }
    let file: number | null = null;
    try {
      file = this.#journal.open();
      // Both names must be durable before anything in the journal can be.
      if (this.#journal.bytes === 0 || this.#foreign) await this.#syncNames();
      this.#journal.write(file, bytes);
      this.#saw(this.#model!);
    } catch (error) {
      this.#forget();
      // A full disk accepts a line or not; an accepted line is as good as any other.
      if (hasNoRoom(error)) this.#doubtful = false;
      if (file !== null) closeSync(file);
      throw atPath(error, this.journalPath);
    }
    const settle = () => this.#settle(file);
    if (this.options.coherent) return settle;
    await settle();
    return SETTLED;
  }

  async #replaced(): Promise<Settle> {
    await this.replace(this.#model!);
    return SETTLED;
  }

  /** Folds the journal into `manifest.json`, if there is room; a line in the journal needs less. */
  async #fold(): Promise<boolean> {
    const model = this.#model!;
    try {
      await this.replace(model);
      return true;
    } catch (error) {
      if (!hasNoRoom(error)) throw error;
      // The old one is still in place and was not doubtful.
      this.#model = model;
      this.#doubtful = false;
      return false;
    }
  }

  /** Makes the files durable when nothing was added: their writers may not have done so. */
  async settled(): Promise<Settle> {
    if (this.#doubtful) return this.#replaced();
    if (this.#foreign) await this.#syncNames();
    const file = this.options.fsync ? this.#journal.openWritten() : null;
    return async () => {
      if (file !== null) await this.#settle(file);
    };
  }

  /** Writes a complete `manifest.json` and empties the journal. Call it under the lock. */
  async replace(model: ManifestModel): Promise<void> {
    this.#model = null;
    this.#doubtful = true;
    await this.#snapshot.write(model.toState());
    // A kill here leaves a journal whose events manifest.json already has, or that belongs to another
    // manifest.
    this.#journal.empty();
    this.#foldAfter = 0;
    this.#doubtful = false;
    this.#foreign = false;
    this.#model = model;
    this.#saw(model);
  }

  /** Call it under the lock. @throws ManifestVersionError if a newer Holdfast wrote the files. */
  refuseNewer(): void {
    try {
      this.#readOnce();
    } catch (error) {
      if (error instanceof ManifestVersionError) throw error;
    }
  }

  async #syncNames(): Promise<void> {
    await syncDirectory(dirname(this.path), { fs: this.#fs });
    this.#foreign = false;
  }

  #saw({ id, revision }: ManifestModel): void {
    this.#seen = { id, revision };
  }

  /** Forgets the state in memory: it has a change that may not have reached the disk. */
  #forget(): void {
    this.#model = null;
    this.#doubtful = true;
  }

  #readOnce(): ManifestModel {
    let model = this.#model === null || !this.#snapshot.isSame() ? this.#readSnapshot() : this.#model;
    let tail = this.#journal.tail();
    if (tail === null) {
      model = this.#readSnapshot();
      tail = this.#journal.tail()!;
    }
    try {
      this.#journal.replay(model, tail);
      if (model.id === this.#seen.id && model.revision < this.#seen.revision) {
        const gone = `events ${model.revision + 1} to ${this.#seen.revision} are missing from it`;
        throw new ManifestCorruptError(this.path, gone);
      }
      this.#saw(model);
      return model;
    } catch (error) {
      this.#model = null;
      throw error;
    }
  }

  #readSnapshot(): ManifestModel {
    this.#model = null;
    const state = this.#snapshot.read();
    // A file older than the journal has no ID to match one; the next update adds it.
    const isOld = state.manifest_id === '';
    if (isOld) this.#doubtful = true;
    this.#model = ManifestModel.from(state, isOld ? randomUUID() : state.manifest_id);
    this.#journal.rewind();
    this.#foreign = true;
    return this.#model;
  }

  async #settle(file: number): Promise<void> {
    try {
      await this.#journal.settle(file, { sync: this.options.fsync || !this.options.coherent });
    } catch (error) {
      this.#forget();
      throw atPath(error, this.journalPath);
    }
  }
}
