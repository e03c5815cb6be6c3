import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { type LogEvent, logLines } from './log-lines.js';

/** What the logs of a run say of late. */
export interface Logs {
  /** In the order of their times. */
  events: LogEvent[];
  /** Whether there were earlier events, which were not read. */
  cut: boolean;
  unreadable: number;
  /** When a log was last written to, in milliseconds since 1970; null if there is none. */
  written: number | null;
}

/** Bytes to read of a log, and of all logs; a log gets at least the last number. */
const PART = 128 * 1024;
const ALL = 8 * 1024 * 1024;
const LEAST = 8 * 1024;

/** Reads the ends of all logs of a run. */
export function readLogs(folder: string): Logs {
  const names = namesIn(folder).filter((name) => /^(worker_\d+|coordinator)\.log$/.test(name));
  const part = Math.max(LEAST, Math.min(PART, Math.floor(ALL / Math.max(1, names.length))));
  const logs: Logs = { events: [], cut: false, unreadable: 0, written: null };
  for (const name of names) {
    const end = endOf(join(folder, name), part);
    if (end === null) continue;
    const { events, unreadable } = logLines(end.text, end.cut);
    for (const event of events) logs.events.push(event);
    logs.unreadable += unreadable;
    logs.cut ||= end.cut;
    logs.written = Math.max(logs.written ?? 0, end.written);
  }
  // A stable sort: events of one log keep their order.
  logs.events.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return logs;
}

function endOf(path: string, most: number): { text: string; cut: boolean; written: number } | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    // Removed by a restart, or not for this user: what it says is only missing.
    if (['ENOENT', 'EACCES'].includes(systemErrorCode(error) ?? '')) return null;
    throw error;
  }
  try {
    const { size, mtimeMs } = fstatSync(file);
    const start = Math.max(0, size - most);
    const bytes = Buffer.alloc(size - start);
    const read = readSync(file, bytes, 0, bytes.length, start);
    return { text: bytes.toString('utf8', 0, read), cut: start > 0, written: mtimeMs };
  } finally {
    closeSync(file);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}
