import { setTimeout as delay } from 'node:timers/promises';
import { FileLock, LockTimeoutError, lookAtLock } from '@holdfast/file-lock';
import { BusyError, type Layout } from '@holdfast/run-folder';

/** Milliseconds to wait for a command that holds the folder: `submit` does until all its jobs are recorded. */
const PATIENCE = 60_000;
/** Milliseconds between two looks. */
const LOOK = 1000;

/**
 * Holds the run's workers' lock beside other tasks: a command that needs the folder for itself, such as `holdfast embed`, waits
 * for it. If such a command was first, the task waits for a while, and then gives up.
 *
 * @throws BusyError; the signal's reason.
 */
export async function shareFolder(
  place: Layout,
  signal: AbortSignal,
  { patienceMs = PATIENCE }: { patienceMs?: number } = {},
): Promise<AsyncDisposable> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const lock = await takeShared(place);
    // Looked at last: a command takes the folder's lock first, and then waits for the workers'.
    const { state, holder } = await lookAtLock(place.lock);
    if (lock !== null && state !== 'held') return { [Symbol.asyncDispose]: () => lock.release() };
    await lock?.release();
    if (performance.now() >= end)
      throw new BusyError(
        `${place.out} is in use by another command (${holder ?? 'it holds the lock of the folder'}), which works on the run alone; wait for it to end, then start this task again if anything is left`,
      );
    await delay(LOOK, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function takeShared({ workersLock }: Layout): Promise<FileLock | null> {
  try {
    return await FileLock.acquire(workersLock, { shared: true, timeoutMs: 0 });
  } catch (error) {
    if (!(error instanceof LockTimeoutError)) throw error;
    return null;
  }
}
