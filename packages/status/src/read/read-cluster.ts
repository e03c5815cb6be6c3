import { readFileSync, statSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { type Layout, parseChecked } from '@holdfast/run-folder/glance';
import { parseTaskBeat, type TaskBeat } from '../task-beat.js';

/** A task as its beat has it. */
export interface TaskLook {
  beat: TaskBeat;
  /** When it was written, by the file system's clock; milliseconds since 1970. */
  written: number;
}

/** What a run on several machines keeps beside its checkpoints. */
export interface ClusterLook {
  /** When the run was planned last, in milliseconds since 1970. */
  planned: number;
  /** Seconds of silence after which a task counts as dead; null if the record is damaged. */
  leaseSec: number | null;
  /** Why that is. */
  fault: string | null;
  /** Whether its jobs were submitted by Holdfast. */
  submitted: boolean;
  /** The newest beat first. */
  tasks: TaskLook[];
  /** Beats that are not what a task writes. */
  unreadable: number;
}

/** Beats that are read at once: on a network file system each takes some round trips. */
const AT_ONCE = 64;

/** Null for a run that was not planned for several machines. @throws what the file system throws. */
export async function readCluster(place: Layout): Promise<ClusterLook | null> {
  const record = workIn(place.work);
  if (record === null) return null;
  const names = await beatsIn(place.tasks);
  const tasks: TaskLook[] = [];
  let unreadable = 0;
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    for (const look of await Promise.all(some.map((name) => lookAt(join(place.tasks, name)))))
      if (look === 'unreadable') unreadable++;
      else if (look !== null) tasks.push(look);
  }
  tasks.sort((a, b) => b.written - a.written);
  const submitted = statSync(place.jobs, { throwIfNoEntry: false }) !== undefined;
  return { ...record, submitted, tasks, unreadable };
}

function workIn(path: string): Pick<ClusterLook, 'planned' | 'leaseSec' | 'fault'> | null {
  const planned = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (planned === undefined) return null;
  try {
    const { value, checked } = parseChecked(readFileSync(path, 'utf8'));
    const { lease_seconds: lease } = value as { lease_seconds?: unknown };
    if (!checked) throw new Error('it has no checksum');
    if (typeof lease !== 'number') throw new Error('a field is missing or wrong');
    return { planned, leaseSec: lease, fault: null };
  } catch (error) {
    return { planned, leaseSec: null, fault: (error as Error).message };
  }
}

/** Null for one that is gone, or that this user may not read. */
async function lookAt(path: string): Promise<TaskLook | 'unreadable' | null> {
  try {
    // Opened, not only looked at: a network file system then asks its server.
    await using file = await open(path, 'r');
    const { mtimeMs } = await file.stat();
    const beat = parseTaskBeat(await file.readFile('utf8'));
    return beat.task === basename(path, '.json') ? { beat, written: mtimeMs } : 'unreadable';
  } catch (error) {
    if (systemErrorCode(error) === null) return 'unreadable';
    if (['ENOENT', 'EACCES', 'ESTALE'].includes(systemErrorCode(error)!)) return null;
    throw error;
  }
}

async function beatsIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}
