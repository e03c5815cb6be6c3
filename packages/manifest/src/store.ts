import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import {
  atPath,
  type DurableFileSystem,
  nodeFileSystem,
  syncDirectory,
  writeFileDurably,
} from '@holdfast/durable';
import { ManifestCorruptError, ManifestVersionError } from './errors.js';
import { isFoldDue } from './fold.js';
import {
  formatHeader,
  formatRecord,
  isKnownVersion,
  type JournalRecord,
  parseHeader,
  parseRecord,
  readJournal,
} from './journal-format.js';
import { ManifestModel } from './model.js';
import { formatSnapshot, HEAD_LENGTH, parseSnapshot } from './snapshot-format.js';
import { empty, opened, pieces, range, readAt, WITHOUT_SYNC } from './store-files.js';

const dataSync = promisify(fdatasync);

/** Bytes of `manifest.json` from which on it is read before the lock is taken. */
const LARGE = 1 << 20;

/** Bytes at a line's end that tell it from another: the checksum and a line feed. */
const LINE_END = 21;

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
  readonly journalPath: string;
  readonly #fs: DurableFileSystem;
  #model: ManifestModel | null = null;
  /** The beginning of the `manifest.json` that the model comes from, and its length in bytes. */
  #head: Buffer = Buffer.alloc(0);
  #snapshotBytes = 0;
  /** Bytes of the journal that the model contains; what lies behind is new, or torn. */
  #journalBytes = 0;
  /** The end of the last line within them, with its checksum. */
  #lastLine: Buffer = Buffer.alloc(0);
  #snapshotRevision = 0;
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
    this.journalPath = `${path}.journal`;
    this.#fs = options.fsync ? nodeFileSystem : WITHOUT_SYNC;
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
        if (this.#isSnapshot()) return model;
      } catch (error) {
        if (!(error instanceof ManifestCorruptError)) throw error;
        if (this.#isSnapshot()) throw new UnsettledError('looks damaged', { cause: error });
      }
      this.#model = null;
    }
    throw new UnsettledError('changed while it was read');
  }

  /** Brings what is in memory up to date as far as it goes without the lock, so that less is left to do under it. */
  prepare(): void {
    try {
      // A small one is read faster than it is found out whether it was.
      if (this.#model === null || (this.#snapshotBytes > LARGE && !this.#isSnapshot())) this.read(false);
    } catch {
      // Under the lock it is told.
    }
  }

  /** Of damaged files, what can be read: `manifest.json` and the events before the damage. Null where that is nothing. */
  readable(): ManifestModel | null {
    try {
      this.#readSnapshot();
    } catch {
      return null;
    }
    const model = this.#model!;
    try {
      this.#readJournal(model, this.#journalTail()!);
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
    if (records[0]!.revision === this.#snapshotRevision + 1) this.#journalBytes = 0;
    const lines = records.map(formatRecord).join('');
    const bytes = Buffer.from(this.#journalBytes === 0 ? formatHeader(this.#model!.id) + lines : lines);
    const length = this.#journalBytes + bytes.length;
    if (this.#doubtful) return this.#replaced();
    if (length > this.#foldAfter && isFoldDue(this.#snapshotBytes, length)) {
      if (await this.#fold()) return SETTLED;
      this.#foldAfter = length * FOLD_AGAIN;
    }
    let file: number | null = null;
    try {
      file = openSync(this.journalPath, constants.O_RDWR | constants.O_CREAT, 0o666);
      // Both names must last before anything in the journal can.
      if (this.#journalBytes === 0 || this.#foreign) await this.#syncNames();
      this.#write(file, bytes);
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
    const file = this.#journalBytes > 0 && this.options.fsync ? opened(this.journalPath, 'r+') : null;
    return async () => {
      if (file !== null) await this.#settle(file);
    };
  }

  /** Writes a `manifest.json` that has everything, and empties the journal. Under the lock. */
  async replace(model: ManifestModel): Promise<void> {
    this.#model = null;
    this.#doubtful = true;
    const head: Buffer[] = [];
    let total = 0;
    await writeFileDurably(
      this.path,
      async (file) => {
        for (const piece of pieces(formatSnapshot(model.toState()))) {
          if (total < HEAD_LENGTH) head.push(piece);
          total += piece.length;
          await file.write(piece);
        }
      },
      { fs: this.#fs },
    );
    // A journal that is left here by a kill is of events that manifest.json has, or of another manifest.
    empty(this.journalPath);
    this.#head = Buffer.concat(head).subarray(0, HEAD_LENGTH);
    this.#snapshotBytes = total;
    this.#snapshotRevision = model.revision;
    this.#journalBytes = 0;
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
    if (this.#model === null || !this.#isSnapshot()) this.#readSnapshot();
    let tail = this.#journalTail();
    if (tail === null) {
      this.#readSnapshot();
      tail = this.#journalTail()!;
    }
    try {
      const model = this.#readJournal(this.#model!, tail);
      if (model.id === this.#seen.id && model.revision < this.#seen.revision)
        throw this.#corrupt(`events ${model.revision + 1} to ${this.#seen.revision} are gone from it`);
      this.#saw(model);
      return model;
    } catch (error) {
      this.#model = null;
      throw error;
    }
  }

  #readSnapshot(): void {
    this.#model = null;
    const bytes = readFileSync(this.path);
    // Also of one that cannot be read, so that it is known again.
    this.#head = Buffer.from(bytes.subarray(0, HEAD_LENGTH));
    this.#snapshotBytes = bytes.length;
    const state = parseSnapshot(this.path, bytes);
    // One from before there was a journal has no name by which to tell its own; the next update gives it one.
    const isOld = state.manifest_id === '';
    if (isOld) this.#doubtful = true;
    this.#model = ManifestModel.from(state, isOld ? randomUUID() : state.manifest_id);
    this.#snapshotRevision = state.revision;
    this.#journalBytes = 0;
    this.#foreign = true;
  }

  /** Whether the `manifest.json` that is there is the one in memory. */
  #isSnapshot(): boolean {
    const file = openSync(this.path, 'r');
    try {
      if (fstatSync(file).size !== this.#snapshotBytes) return false;
      return readAt(file, 0, HEAD_LENGTH).equals(this.#head);
    } finally {
      closeSync(file);
    }
  }

  /** The bytes of the journal that are new; null where the last line read is not there any more. */
  #journalTail(): Buffer | null {
    const known = this.#journalBytes === 0 ? 0 : LINE_END;
    const bytes = range(this.journalPath, this.#journalBytes - known);
    if (known === 0) return bytes ?? Buffer.alloc(0);
    return bytes?.subarray(0, known).equals(this.#lastLine) ? bytes.subarray(known) : null;
  }

  /** Takes in the events that are new. */
  #readJournal(model: ManifestModel, bytes: Buffer): ManifestModel {
    const reading = readJournal(bytes, this.#journalBytes);
    let { values } = reading;
    if (this.#journalBytes === 0 && values.length > 0) {
      const header = parseHeader(values[0]);
      if (header === null) throw this.#corrupt('its journal has no first line');
      if (!isKnownVersion(header.version)) throw new ManifestVersionError(this.journalPath, header.version);
      // Left by one who was killed between a new manifest.json and the emptying of the old one's journal.
      if (header.manifestId !== model.id) return model;
      values = values.slice(1);
    }
    for (const value of values) this.#takeIn(model, value);
    if (reading.end === 'mangled')
      throw this.#corrupt(`its journal is damaged at byte ${this.#journalBytes + reading.bytes}`);
    if (reading.bytes > 0) {
      this.#journalBytes += reading.bytes;
      this.#lastLine = Buffer.from(bytes.subarray(reading.bytes - LINE_END, reading.bytes));
    }
    return model;
  }

  #takeIn(model: ManifestModel, value: unknown): void {
    try {
      const { revision, at, event } = parseRecord(value);
      if (revision <= model.revision) return;
      if (revision > model.revision + 1) throw new RangeError(`event ${model.revision + 1} is missing`);
      model.apply(event, at);
      if (model.revision !== revision) throw new RangeError(`event ${revision} changes nothing`);
    } catch (cause) {
      const reason = cause instanceof RangeError ? cause.message : 'it has a line that is no event';
      throw this.#corrupt(`its journal: ${reason}`, cause);
    }
  }

  /**
   * Writes behind the last event that is whole. What a full disk takes of it stays: whole lines may have been read already,
   * and half a one is cut off by the next who writes.
   */
  #write(file: number, bytes: Buffer): void {
    const start = this.#journalBytes;
    if (fstatSync(file).size > start) ftruncateSync(file, start);
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, start + done);
    this.#journalBytes += bytes.length;
    this.#lastLine = Buffer.from(bytes.subarray(-LINE_END));
  }

  async #settle(file: number): Promise<void> {
    try {
      if (this.options.fsync || !this.options.coherent) await dataSync(file);
    } catch (error) {
      this.#forget();
      throw atPath(error, this.journalPath);
    } finally {
      closeSync(file);
    }
  }

  #corrupt(reason: string, cause?: unknown): ManifestCorruptError {
    return new ManifestCorruptError(this.path, reason, { cause });
  }
}
