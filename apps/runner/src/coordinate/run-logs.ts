import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Layout } from '@holdfast/run-folder';
import { eventRecord, type WorkEvent } from '../events.js';

/** One log line. Its last field is the CRC-32 of everything before it, as in the manifest's journal. */
function logLine(value: object): string {
  const text = JSON.stringify(value).slice(0, -1);
  return `${text},"crc32":"${crc32(text).toString(16).padStart(8, '0')}"}\n`;
}

/** The history of a run as NDJSON, appended to: one file per slot, and one for events of no particular slot. */
export class RunLogs {
  readonly #place: Layout;
  readonly #files = new Map<string, WriteStream>();

  constructor(place: Layout) {
    this.#place = place;
    mkdirSync(place.logs, { recursive: true });
  }

  write(event: WorkEvent): void {
    // One per batch would be too much.
    if (event.type === 'progress') return;
    const path = 'slot' in event ? this.#place.log(event.slot) : this.#place.coordinatorLog;
    this.#fileOf(path).write(logLine(eventRecord({ type: 'coordinator', event }, Date.now())));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => new Promise((resolve) => file.end(resolve))));
  }

  #fileOf(path: string): WriteStream {
    let file = this.#files.get(path);
    if (file === undefined) {
      // A log that cannot be written must not stop the run.
      file = createWriteStream(path, { flags: 'a' }).on('error', () => undefined);
      this.#files.set(path, file);
    }
    return file;
  }
}
