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

/** Bytes of `manifest.json` from which on it is read before the lock is taken. */
const LARGE = 1 << 20;

/** Readings without the lock that a change by another made void, before the lock is taken instead. */
const READINGS = 50;

/** What was read without the lock was changed meanwhile, again and again, or looks damaged: to be read under the lock. */
export class UnsettledError extends Error {}

/** Makes appended events last; to be called when the lock was given back. */
export type Settle = () => Promise<void>;

const SETTLED: Settle = async () => undefined;

const hasNoRoom = (error: unknown) =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');

/** How much longer the journal is when room is looked for again. */
const FOLD_AGAIN = 1.1;

export interface StoreOptions {
  /** Whether what is written is forced to the device. */
  fsync: boolean;
  /** Whether others on this machine see what was written before it was forced to the device, as on any disk of its own. */
  coherent: boolean;
}

/**
 * The two files of a manifest, and what they say, in memory: `manifest.json`, and `manifest.json.journal` with the events
 * since. Reading costs what is new. Between two calls the files may have been changed by anybody who holds the lock.
 *
 * The small steps under the lock are synchronous: each takes microseconds, and the lock is free sooner.
 */
export class ManifestStore {
  readonly #fs: DurableFileSystem;
  readonly #snapshot: SnapshotFile;
  readonly #journal: JournalFile;
  /** What both say together, as far as they were read. */
  #model: ManifestModel | null = null;
  /** Bytes of the journal below which there was no room to write `manifest.json` anew. */
  #foldAfter = 0;
  /** After a failed write or sync nobody knows what of the files will last; a new `manifest.json` will. */
  #doubtful = false;
  /** Whether another made the `manifest.json` in memory, who may have been killed before its name was sure to last. */
  #foreign = false;
  /** The last event that was seen on disk, of which manifest. What was there does not go by itself. */
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
   * What the files say now.
   *
   * @param locked whether the caller holds the lock; without it another may change the files meanwhile.
   * @throws ManifestCorruptError, ManifestVersionError; UnsettledError only without the lock; ENOENT where there is no manifest.
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

  /** Brings what is in memory up to date as far as it goes without the lock, so that less is left to do under it. */
  prepare(): void {
    try {
      // A small one is read faster than it is found out whether it was.
      if (this.#model === null || (this.#snapshot.bytes > LARGE && !this.#snapshot.isSame()))
        this.read(false);
    } catch {
      // Under the lock it is told.
    }
  }

  /** Of damaged files, what can be read: `manifest.json` and the events before the damage. Null where that is nothing. */
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
      // The events before are in it.
    }
    // The caller's: what becomes of it is not what is on disk.
    this.#model = null;
    return model;
  }

  /**
   * Adds events that the model has taken in already. Under the lock.
   *
   * @returns what makes them last.
   */
  async append(records: readonly JournalRecord[]): Promise<Settle> {
    // Left by one who was killed before emptying it: all of it is in manifest.json.
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
      // Both names must last before anything in the journal can.
      if (this.#journal.bytes === 0 || this.#foreign) await this.#syncNames();
      this.#journal.write(file, bytes);
      this.#saw(this.#model!);
    } catch (error) {
      this.#forget();
      // A full disk takes a line or not; what it took lasts like any other.
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

  /** Writes `manifest.json` anew, if there is room for it: a line in the journal needs less. */
  async #fold(): Promise<boolean> {
    const model = this.#model!;
    try {
      await this.replace(model);
      return true;
    } catch (error) {
      if (!hasNoRoom(error)) throw error;
      // The old one is still there, and was not doubtful.
      this.#model = model;
      this.#doubtful = false;
      return false;
    }
  }

  /** Makes what is there last, where nothing was added: those who did may not have come to it. */
  async settled(): Promise<Settle> {
    if (this.#doubtful) return this.#replaced();
    if (this.#foreign) await this.#syncNames();
    const file = this.options.fsync ? this.#journal.openWritten() : null;
    return async () => {
      if (file !== null) await this.#settle(file);
    };
  }

  /** Writes a `manifest.json` that has everything, and empties the journal. Under the lock. */
  async replace(model: ManifestModel): Promise<void> {
    this.#model = null;
    this.#doubtful = true;
    await this.#snapshot.write(model.toState());
    // A journal that is left here by a kill is of events that manifest.json has, or of another manifest.
    this.#journal.empty();
    this.#foldAfter = 0;
    this.#doubtful = false;
    this.#foreign = false;
    this.#model = model;
    this.#saw(model);
  }

  /** @throws ManifestVersionError where what is there is of a newer Holdfast. Under the lock. */
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

  /** Forgets what is in memory: it was changed, and the change may not have reached the disk. */
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
        const gone = `events ${model.revision + 1} to ${this.#seen.revision} are gone from it`;
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
    // One from before there was a journal has no name by which to tell its own; the next update gives it one.
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
