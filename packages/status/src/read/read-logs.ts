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
  /** When a log of the command itself was last written to, in milliseconds since 1970; null if there is none. */
  written: number | null;
}

/** Bytes to read of a log, and of all logs; a log gets at least the last number. */
const PART = 128 * 1024;
const ALL = 8 * 1024 * 1024;
const LEAST = 8 * 1024;

/** Tasks whose logs are read: those of a thousand are thousands of files. */
const MOST_TASKS = 200;

/**
 * Reads the ends of all logs of a run.
 *
 * @param tasks those that have logs of their own, the most important first.
 */
export function readLogs(folder: string, tasks: readonly string[] = []): Logs {
  const read = tasks.slice(0, MOST_TASKS);
  const files = [undefined, ...read].flatMap((task) => logsIn(folder, task));
  const part = Math.max(LEAST, Math.min(PART, Math.floor(ALL / Math.max(1, files.length))));
  const logs: Logs = { events: [], cut: read.length < tasks.length, unreadable: 0, written: null };
  for (const { path, task } of files) {
    const end = endOf(path, part);
    if (end === null) continue;
    const { events, unreadable } = logLines(end.text, end.cut);
    for (const event of events) logs.events.push(task === undefined ? event : { ...event, of: task });
    logs.unreadable += unreadable;
    logs.cut ||= end.cut;
    if (task === undefined) logs.written = Math.max(logs.written ?? 0, end.written);
  }
  // A stable sort: events of one log keep their order.
  logs.events.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return logs;
}

function logsIn(folder: string, task: string | undefined): { path: string; task: string | undefined }[] {
  const within = task === undefined ? folder : join(folder, `task_${task}`);
  const names = namesIn(within).filter((name) => /^(worker_\d+|coordinator)\.log$/.test(name));
  return names.map((name) => ({ path: join(within, name), task }));
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
