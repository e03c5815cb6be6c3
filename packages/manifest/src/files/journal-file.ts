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

/** Bytes at a line's end that tell it from another: the checksum and a line feed. */
const LINE_END = 21;

/** `manifest.json.journal`, the events since `manifest.json`, and how far it was read. Its steps are synchronous but for the sync. */
export class JournalFile {
  readonly path: string;
  /** Bytes that were read or written; what lies behind is new, or torn. */
  #bytes = 0;
  /** The end of the last line within them, with its checksum. */
  #lastLine: Buffer = Buffer.alloc(0);

  constructor(readonly manifestPath: string) {
    this.path = `${manifestPath}.journal`;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Begins to read or write at the start again. */
  rewind(): void {
    this.#bytes = 0;
  }

  /** The bytes that are new; null where the last line read is not there any more. */
  tail(): Buffer | null {
    const known = this.#bytes === 0 ? 0 : LINE_END;
    const bytes = range(this.path, this.#bytes - known);
    if (known === 0) return bytes ?? Buffer.alloc(0);
    return bytes?.subarray(0, known).equals(this.#lastLine) ? bytes.subarray(known) : null;
  }

  /**
   * Applies the events of a tail to the model.
   *
   * @throws ManifestCorruptError where they are damaged, with those before the damage applied; ManifestVersionError.
   */
  replay(model: ManifestModel, tail: Buffer): void {
    const reading = readJournal(tail, this.#bytes);
    let { values } = reading;
    if (this.#bytes === 0 && values.length > 0) {
      const header = parseHeader(values[0]);
      if (header === null) throw this.#corrupt('its journal has no first line');
      if (!isKnownVersion(header.version)) throw new ManifestVersionError(this.path, header.version);
      // Left by one who was killed between a new manifest.json and the emptying of the old one's journal.
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
      const reason = cause instanceof RangeError ? cause.message : 'it has a line that is no event';
      throw this.#corrupt(`its journal: ${reason}`, cause);
    }
  }

  /** What is to be written for these events; the first line of a journal names its manifest. */
  format(records: readonly JournalRecord[], manifestId: string): Buffer {
    const lines = records.map(formatRecord).join('');
    return Buffer.from(this.#bytes === 0 ? formatHeader(manifestId) + lines : lines);
  }

  /** @returns its descriptor, the caller's to close. */
  open(): number {
    return openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o666);
  }

  /** The same, of what is there already; null where that is nothing. */
  openWritten(): number | null {
    return this.#bytes > 0 ? opened(this.path, 'r+') : null;
  }

  /**
   * Writes behind the last event that is whole. What a full disk takes of it stays: whole lines may have been read already,
   * and half a one is cut off by the next who writes.
   */
  write(file: number, bytes: Buffer): void {
    const start = this.#bytes;
    if (fstatSync(file).size > start) ftruncateSync(file, start);
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, start + done);
    this.#bytes += bytes.length;
    this.#lastLine = Buffer.from(bytes.subarray(-LINE_END));
  }

  /** Forces what was written to the device, if that is wanted, and closes the descriptor. */
  async settle(file: number, { sync }: { sync: boolean }): Promise<void> {
    try {
      if (sync) await dataSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Takes everything out of it. */
  empty(): void {
    empty(this.path);
    this.#bytes = 0;
  }

  #corrupt(reason: string, cause?: unknown): ManifestCorruptError {
    return new ManifestCorruptError(this.manifestPath, reason, { cause });
  }
}
