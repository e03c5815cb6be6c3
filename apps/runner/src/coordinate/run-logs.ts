import { mkdirSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Layout } from '@holdfast/run-folder';
import { eventRecord, type RunEvent, type WorkEvent } from '../events.js';
import { isFullDisk } from '../full-disk/room-wait.js';

/** One log line. Its last field is the CRC-32 of everything before it, as in the manifest's journal. */
function logLine(value: object): string {
  const text = JSON.stringify(value).slice(0, -1);
  return `${text},"crc32":"${crc32(text).toString(16).padStart(8, '0')}"}\n`;
}

/** The history of a run as NDJSON, appended to: one file per slot, and one for events of no particular slot. */
export class RunLogs {
  readonly #place: Layout;
  readonly #files = new Map<string, LogFile>();

  constructor(place: Layout) {
    this.#place = place;
    try {
      mkdirSync(place.logs, { recursive: true });
    } catch (error) {
      if (!isFullDisk(error)) throw error;
    }
  }

  write(event: WorkEvent): void {
    // One per batch would be too much.
    if (event.type === 'progress') return;
    const path = 'slot' in event ? this.#place.log(event.slot) : this.#place.coordinatorLog;
    this.#fileOf(path).write(logLine(eventRecord({ type: 'coordinator', event }, Date.now())));
  }

  /** Writes an event of the command itself among those of no particular slot. */
  note(event: RunEvent): void {
    this.#fileOf(this.#place.coordinatorLog).write(logLine(eventRecord(event, Date.now())));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  #fileOf(path: string): LogFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new LogFile(path);
      this.#files.set(path, file);
    }
    return file;
  }
}

/** Bytes of lines that are kept while the disk is full; later ones are lost. */
const MOST_KEPT = 1 << 20;

/** A file of lines. A log that cannot be written must not stop the run; on a full disk its lines wait for room. */
class LogFile {
  readonly #path: string;
  #handle: FileHandle | null = null;
  #waiting: Buffer = Buffer.alloc(0);
  #writing: Promise<void> = Promise.resolve();
  #broken = false;

  constructor(path: string) {
    this.#path = path;
  }

  write(line: string): void {
    if (this.#broken || this.#waiting.length > MOST_KEPT) return;
    this.#waiting = Buffer.concat([this.#waiting, Buffer.from(line)]);
    this.#flush();
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
    await this.#handle?.close().catch(() => undefined);
  }

  #flush(): void {
    this.#writing = this.#writing.then(() => this.#flushNow());
  }

  async #flushNow(): Promise<void> {
    try {
      if (this.#handle === null) {
        await mkdir(dirname(this.#path), { recursive: true });
        this.#handle = await open(this.#path, 'a');
      }
      while (this.#waiting.length > 0) {
        // On a full disk a part may fit.
        const { bytesWritten } = await this.#handle.write(this.#waiting);
        this.#waiting = this.#waiting.subarray(bytesWritten);
      }
    } catch (error) {
      if (isFullDisk(error)) return;
      this.#broken = true;
      this.#waiting = Buffer.alloc(0);
    }
  }
}
