import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Begun } from '../throughput.js';

/** The first part of a line in which a worker gets a shard, or goes on with it, in all versions of the logs. */
const BEGINS = /"(?:event|type)":"(assigned|resumed)"/;

/** Bytes that are read at once. */
const PIECE = 1 << 20;

interface Log {
  /** Where the next line begins. */
  at: number;
  found: Begun[];
  /** When a worker of this log got each shard last. */
  taken: Map<number, number>;
}

/**
 * When workers went on with their shards, by all logs of a run. Asked again, it reads only what was written since. What cannot be
 * read is passed over: logs may be torn.
 */
export class ShardStarts {
  readonly #logs = new Map<string, Log>();

  /** @param folder of the logs. */
  constructor(private readonly folder: string) {}

  /** In no order. @throws what the file system throws, but for files that are not there. */
  async read(): Promise<Begun[]> {
    const names = await readdir(this.folder, { recursive: true }).catch(missing<string[]>([]));
    const found: Begun[] = [];
    for (const name of names.filter((each) => /(?:^|[\\/])worker_\d+\.log$/.test(each)).sort())
      found.push(...(await this.#readLog(join(this.folder, name))));
    return found;
  }

  async #readLog(path: string): Promise<Begun[]> {
    const file = await open(path).catch(missing(null));
    // A restart removed it.
    if (file === null) return [];
    try {
      const { size } = await file.stat();
      let log = this.#logs.get(path) ?? newLog();
      if (size < log.at) log = newLog();
      this.#logs.set(path, log);
      while (log.at < size) {
        const piece = Buffer.alloc(Math.min(PIECE, size - log.at));
        const { bytesRead } = await file.read(piece, 0, piece.length, log.at);
        const whole = piece.subarray(0, bytesRead).lastIndexOf(10) + 1;
        if (bytesRead === 0) break;
        if (whole === 0) {
          // The last line is being written; a line of a MiB is none of ours.
          if (bytesRead < PIECE) break;
          log.at += bytesRead;
          continue;
        }
        log.at += whole;
        for (const line of piece.toString('utf8', 0, whole).split('\n')) hear(log, line);
      }
      return log.found;
    } finally {
      await file.close();
    }
  }
}

const missing =
  <T>(instead: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };

const newLog = (): Log => ({ at: 0, found: [], taken: new Map() });

function hear({ found, taken }: Log, line: string): void {
  const what = BEGINS.exec(line)?.[1];
  const start = what === undefined ? null : startIn(line);
  if (start === null) return;
  const { at, shard } = start;
  if (what === 'assigned') taken.set(shard, at);
  else {
    const since = taken.get(shard);
    found.push({ at, shard, ...(since !== undefined && { taken: since }) });
  }
}

function startIn(line: string): Begun | null {
  try {
    const { time, shard } = JSON.parse(line) as { time?: unknown; shard?: unknown };
    const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    return typeof shard === 'number' && !Number.isNaN(at) ? { at, shard } : null;
  } catch {
    return null;
  }
}
