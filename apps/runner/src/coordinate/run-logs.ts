import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Layout } from '@holdfast/run-folder';
import { eventRecord, type WorkEvent } from '../events.js';

/** One line; its last field is the CRC-32 of all that stands before it, as in the manifest's journal. */
function logLine(value: object): string {
  const text = JSON.stringify(value).slice(0, -1);
  return `${text},"crc32":"${crc32(text).toString(16).padStart(8, '0')}"}\n`;
}

/** The history of a run as NDJSON, added to what earlier runs wrote: a file a worker, and one for what concerns no single one. */
export class RunLogs {
  readonly #place: Layout;
  readonly #files = new Map<string, WriteStream>();

  constructor(place: Layout) {
    this.#place = place;
    mkdirSync(place.logs, { recursive: true });
  }

  write(event: WorkEvent): void {
    // There is one for each batch.
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
      // A log that cannot be written must not end the run.
      file = createWriteStream(path, { flags: 'a' }).on('error', () => undefined);
      this.#files.set(path, file);
    }
    return file;
  }
}
