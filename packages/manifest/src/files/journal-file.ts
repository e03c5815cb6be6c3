import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { ManifestCorruptError, ManifestVersionError } from '../errors.js';
import type { ManifestModel } from '../model/model.js';
import {
  formatHeader,
  formatRecord,
  isKnownVersion,
  type JournalRecord,
  parseHeader,
  parseRecord,
  readJournal,
} from './journal-format.js';
import { empty, opened, range } from './store-files.js';

const dataSync = promisify(fdatasync);

/** Bytes at a line's end that identify it: the checksum and a line feed. */
const LINE_END = 21;

/**
 * `manifest.json.journal`, the events since `manifest.json`, and how far it was read. Synchronous except for
 * the sync.
 */
export class JournalFile {
  readonly path: string;
  /** Bytes read or written so far; anything after them is new or torn. */
  #bytes = 0;
  /** The end of the last line within them, with its checksum. */
  #lastLine: Buffer = Buffer.alloc(0);

  constructor(readonly manifestPath: string) {
    this.path = `${manifestPath}.journal`;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Starts reading or writing from the beginning. */
  rewind(): void {
    this.#bytes = 0;
  }

  /** The new bytes; null if the last line read is gone. */
  tail(): Buffer | null {
    const known = this.#bytes === 0 ? 0 : LINE_END;
    const bytes = range(this.path, this.#bytes - known);
    if (known === 0) return bytes ?? Buffer.alloc(0);
    return bytes?.subarray(0, known).equals(this.#lastLine) ? bytes.subarray(known) : null;
  }

  /**
   * Applies the events of a tail to the model.
   *
   * @throws ManifestCorruptError if they are damaged, after the events before the damage are applied;
   * ManifestVersionError.
   */
  replay(model: ManifestModel, tail: Buffer): void {
    const reading = readJournal(tail, this.#bytes);
    let { values } = reading;
    if (this.#bytes === 0 && values.length > 0) {
      const header = parseHeader(values[0]);
      if (header === null) throw this.#corrupt('its journal has no first line');
      if (!isKnownVersion(header.version)) throw new ManifestVersionError(this.path, header.version);
      // Left by a process killed between writing a new manifest.json and emptying the old journal.
      if (header.manifestId !== model.id) return;
      values = values.slice(1);
    }
    for (const value of values) this.#apply(model, value);
    if (reading.end === 'mangled')
      throw this.#corrupt(`its journal is damaged at byte ${this.#bytes + reading.bytes}`);
    if (reading.bytes > 0) {
      this.#bytes += reading.bytes;
      this.#lastLine = Buffer.from(tail.subarray(reading.bytes - LINE_END, reading.bytes));
    }
  }

  #apply(model: ManifestModel, value: unknown): void {
    try {
      const { revision, at, event } = parseRecord(value);
      if (revision <= model.revision) return;
      if (revision > model.revision + 1) throw new RangeError(`event ${model.revision + 1} is missing`);
      model.apply(event, at);
      if (model.revision !== revision) throw new RangeError(`event ${revision} changes nothing`);
    } catch (cause) {
      const reason = cause instanceof RangeError ? cause.message : 'it has a line that is not an event';
      throw this.#corrupt(`its journal: ${reason}`, cause);
    }
  }

  /** The bytes to write for these events; the first line of a journal names its manifest. */
  format(records: readonly JournalRecord[], manifestId: string): Buffer {
    const lines = records.map(formatRecord).join('');
    return Buffer.from(this.#bytes === 0 ? formatHeader(manifestId) + lines : lines);
  }

  /** @returns its descriptor; the caller closes it. */
  open(): number {
    return openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o666);
  }

  /** The same for an existing journal; null if it is empty. */
  openWritten(): number | null {
    return this.#bytes > 0 ? opened(this.path, 'r+') : null;
  }

  /**
   * Writes after the last whole event. On a full disk the part that fits stays: whole lines may already have
   * been read, and the next writer cuts off half a line.
   */
  write(file: number, bytes: Buffer): void {
    const start = this.#bytes;
    if (fstatSync(file).size > start) ftruncateSync(file, start);
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, start + done);
    this.#bytes += bytes.length;
    this.#lastLine = Buffer.from(bytes.subarray(-LINE_END));
  }

  /** Syncs the file if `sync` is set, and closes the descriptor. */
  async settle(file: number, { sync }: { sync: boolean }): Promise<void> {
    try {
      if (sync) await dataSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Empties it. */
  empty(): void {
    empty(this.path);
    this.#bytes = 0;
  }

  #corrupt(reason: string, cause?: unknown): ManifestCorruptError {
    return new ManifestCorruptError(this.manifestPath, reason, { cause });
  }
}
