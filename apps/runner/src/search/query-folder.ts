import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLock, lookAtLock } from '@holdfast/file-lock';

const PREFIX = 'holdfast-search-';
const LOCK = 'search.lock';

/** A folder for what a search computes, removed when it is disposed of. */
export interface QueryFolder extends AsyncDisposable {
  /** Where the queries are embedded; not made yet. */
  out: string;
}

/**
 * Makes a folder below the system's for temporary files (`TMPDIR`), and removes those of searches that were killed: nobody holds
 * their locks.
 */
export async function makeQueryFolder(): Promise<QueryFolder> {
  await removeLeftOvers(tmpdir());
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  const options = { recursive: true, force: true };
  // The command exits at once if nobody reads what it prints.
  const atExit = () => rmSync(folder, options);
  process.once('exit', atExit);
  const remove = async () => {
    await rm(folder, options);
    process.off('exit', atExit);
  };
  try {
    const lock = await FileLock.acquire(join(folder, LOCK));
    return {
      out: join(folder, 'queries'),
      async [Symbol.asyncDispose]() {
        await remove();
        await lock.release();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function removeLeftOvers(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(PREFIX));
  for (const name of names) await removeIfLeft(join(parent, name)).catch(() => undefined);
}

/** Removes a folder of this user whose search has ended. One that has no lock yet is just being made. */
async function removeIfLeft(folder: string): Promise<void> {
  if ((await stat(folder)).uid !== process.getuid?.()) return;
  const path = join(folder, LOCK);
  if ((await lookAtLock(path)).state === 'missing') return;
  await using _lock = await FileLock.acquire(path, { timeoutMs: 0 });
  await rm(folder, { recursive: true, force: true });
}
