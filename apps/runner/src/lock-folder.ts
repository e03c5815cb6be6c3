import { FileLock, LockTimeoutError } from '@holdfast/manifest';
import { UsageError } from './errors.js';
import type { Tell } from './events.js';
import type { Layout } from './layout.js';
import { inWords, systemTrouble } from './system-trouble.js';

/** How long a run waits for workers that an earlier, killed run left behind, in milliseconds. */
const WAIT_FOR_OLD_WORKERS = 60_000;

/** Takes a run's folder for this process. @throws UsageError when another run has it. */
export async function lockFolder(place: Layout): Promise<FileLock> {
  try {
    return await FileLock.acquire(place.lock, { timeoutMs: 0 });
  } catch (cause) {
    if (!(cause instanceof LockTimeoutError)) throw unopened(place.lock, cause);
    throw new UsageError(
      `${place.out} is in use by another run (${cause.message}); wait for it to end, or use another --out`,
      { cause },
    );
  }
}

/** A lock file that another user made may not be this one's to write. */
function unopened(path: string, cause: unknown): unknown {
  const trouble = systemTrouble(cause);
  if (trouble === null || trouble.passing || trouble.code === 'ENOENT') return cause;
  return new UsageError(
    `${path}: the lock file cannot be opened (${inWords(trouble)}); ${trouble.remedy.write}`,
    {
      cause,
    },
  );
}

/** Workers end soon after their coordinator does; until then they may still write. */
export async function waitForOldWorkers(place: Layout, tell: Tell, signal: AbortSignal): Promise<void> {
  try {
    await (await FileLock.acquire(place.workersLock, { timeoutMs: 0 })).release();
    return;
  } catch (error) {
    if (!(error instanceof LockTimeoutError)) throw error;
  }
  tell({ type: 'waiting', reason: 'waiting for the workers of an earlier run to end' });
  try {
    const timeoutMs = WAIT_FOR_OLD_WORKERS;
    await (await FileLock.acquire(place.workersLock, { timeoutMs, signal })).release();
  } catch (cause) {
    if (!(cause instanceof LockTimeoutError)) throw cause;
    throw new UsageError(
      `${place.out}: workers of an earlier run are still alive after ${WAIT_FOR_OLD_WORKERS / 1000} s; end them, then rerun the same command`,
      { cause },
    );
  }
}
