import { inWords, isThere, systemTrouble } from '@holdfast/durable';
import { FileLock, LockTimeoutError } from '@holdfast/file-lock';
import { Patience } from '@holdfast/process';
import type { ReportNotice } from './folder-notice.js';
import type { Layout } from './layout.js';
import { BusyError, RunFolderError } from './run-folder-error.js';

/** How long to wait for a command that holds the folder. */
export interface FolderWait {
  /** Milliseconds. Default: 0. */
  timeoutMs?: number;
  /** Ends the wait. */
  signal?: AbortSignal;
}

/**
 * Locks a run's folder for this process.
 *
 * @throws BusyError if another command holds it; RunFolderError if this user may not; the signal's reason.
 */
export async function lockFolder(place: Layout, wait: FolderWait = {}): Promise<FileLock> {
  try {
    return await FileLock.acquire(place.lock, { timeoutMs: 0, ...wait });
  } catch (cause) {
    if (!(cause instanceof LockTimeoutError)) throw unopened(place.lock, cause);
    throw new BusyError(
      `${place.out} is in use by another command (${cause.message}); wait for it to end, then rerun the same command, or use another ${place.option}`,
      { cause },
    );
  }
}

/** The error for a lock file that cannot be opened; another user's may not be writable. */
function unopened(path: string, cause: unknown): unknown {
  const trouble = systemTrouble(cause);
  if (trouble === null || trouble.passing || trouble.code === 'ENOENT') return cause;
  return new RunFolderError(
    `${path}: the lock file cannot be opened (${inWords(trouble)}); ${trouble.remedy.write}`,
    {
      cause,
    },
  );
}

/** Milliseconds that workers get to exit after their grace, and the least that they get in all. */
const EXIT = 30_000;
const LEAST = 60_000;

/** How long to wait for the workers of a killed command, assuming that their grace is this command's. */
export const oldWorkersLimit = (graceMs: number): number => Math.max(LEAST, graceMs + EXIT);

/** How to wait for workers. */
export interface WorkersWait {
  limitMs: number;
  report: ReportNotice;
  signal: AbortSignal;
}

/**
 * Waits until no worker of an earlier command can write. Each exits within its grace after its coordinator died.
 *
 * @throws BusyError at the limit; the signal's reason.
 */
export async function waitForOldWorkers(place: Layout, wait: WorkersWait): Promise<void> {
  await (await keepWorkersOut(place, wait)).release();
}

/** The same, and no worker or task begins before the lock is released. */
export async function keepWorkersOut(
  place: Layout,
  { limitMs, report, signal }: WorkersWait,
): Promise<FileLock> {
  try {
    return await FileLock.acquire(place.workersLock, { timeoutMs: 0 });
  } catch (error) {
    if (!(error instanceof LockTimeoutError)) throw error;
  }
  const limit = new AbortController();
  const limitSeconds = limitMs / 1000;
  const onWaiting = ({ seconds }: { seconds: number }) =>
    report({
      type: 'waiting',
      reason: `waiting for the workers of an earlier run to exit: ${seconds} s so far, limit ${limitSeconds} s`,
      seconds,
      limit_seconds: limitSeconds,
    });
  const patience = new Patience(limitMs, {
    onWaiting,
    onLimit: () =>
      limit.abort(
        new BusyError(
          isThere(place.work)
            ? `${place.out}: tasks of this run are at work, on this machine or others; wait for them (holdfast status shows them), or end them with holdfast cancel, then rerun the same command`
            : `${place.out}: workers of an earlier run are still running after ${limitSeconds} s; wait for them to exit, or kill them, then rerun the same command`,
        ),
      ),
  });
  onWaiting({ seconds: 0 });
  try {
    const timeoutMs = Number.POSITIVE_INFINITY;
    const any = AbortSignal.any([signal, limit.signal]);
    return await FileLock.acquire(place.workersLock, { timeoutMs, signal: any });
  } finally {
    patience.end();
  }
}
