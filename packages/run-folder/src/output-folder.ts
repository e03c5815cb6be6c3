import { access, constants, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { inWords, isSurelyThere, isThere, makeDirectoryDurably, systemTrouble } from '@holdfast/durable';
import { FileLock } from '@holdfast/file-lock';
import { holdsRun } from './folder-ownership.js';
import type { Layout } from './layout.js';
import { type FolderWait, lockFolder } from './lock-folder.js';
import { refuseWithinRun } from './refuse-runs-names.js';
import { RunFolderError } from './run-folder-error.js';

/** How often to recreate a folder that another command, which started nothing, removed before it could be locked. */
const TRIES = 5;

/**
 * Creates the output folder if it is missing, and locks it until the returned object is disposed of. Disposing removes the
 * folders this call created if they hold nothing of a run. A folder that existed stays, with its lock files.
 *
 * @throws RunFolderError if the folder cannot be written to, or lies in what another run writes; BusyError if another run holds it; the
 * signal's reason.
 */
export async function takeOutputFolder(place: Layout, wait: FolderWait = {}): Promise<AsyncDisposable> {
  refuseWithinRun(place);
  const made = new Set<string>();
  for (let left = TRIES; ; left--) {
    try {
      await makeOutputFolder(place, made);
      const lock = await lockFolder(place, wait);
      return {
        async [Symbol.asyncDispose]() {
          if (made.size > 0) await removeIfBare(place, made).catch(() => undefined);
          await lock.release();
        },
      };
    } catch (error) {
      if (left > 1 && isGone(error)) continue;
      await removeEmpty(made);
      throw error;
    }
  }
}

/** Creates the folder, adds the missing ones to `made`, and checks that it can be written to. */
async function makeOutputFolder({ out, run, option }: Layout, made: Set<string>): Promise<void> {
  try {
    for (let at = out; !isThere(at) && dirname(at) !== at; at = dirname(at)) made.add(at);
    await makeDirectoryDurably(out);
    await access(out, constants.W_OK | constants.X_OK);
    await readdir(out);
  } catch (cause) {
    const trouble = systemTrouble(cause);
    if (trouble === null) throw cause;
    // Missing parents are created, so ENOENT means a place like /proc, where only the system creates files.
    const parent = trouble.code === 'ENOENT' ? existingParent(out) : out;
    if (parent !== out)
      throw new RunFolderError(
        `${out}: the output folder cannot be written to: ${parent} exists, but no folder can be created in it (ENOENT); use another ${option}`,
        { cause },
      );
    // An existing run can be resumed only here.
    const remedy = `${trouble.remedy.write}${isSurelyThere(run) ? '' : `, or use another ${option}`}`;
    throw new RunFolderError(
      `${out}: the output folder cannot be written to (${inWords(trouble)})${trouble.passing ? '' : `; ${remedy}`}`,
      { cause },
    );
  }
}

/** @throws RunFolderError if there is a file where the folder is to be. */
export async function refuseFile({ out, option }: Layout): Promise<void> {
  for (let at = out; ; at = dirname(at)) {
    // Below a file there is nothing either.
    const found = await stat(at).catch(() => null);
    if (found !== null && !found.isDirectory())
      throw new RunFolderError(
        `${out}: the output folder cannot be made, since ${at} is a file; move that file away, or use another ${option}`,
      );
    if (found !== null || dirname(at) === at) return;
  }
}

/** The same as making the folder would find, as far as permissions say; nothing is written. @throws RunFolderError. */
export async function refuseUnwritable({ out, option }: Layout): Promise<void> {
  const there = existingParent(out);
  try {
    await access(there, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const trouble = systemTrouble(cause);
    if (trouble === null) throw cause;
    throw new RunFolderError(
      `${out}: the output folder cannot be written to (${inWords(trouble)}); ${trouble.remedy.write}, or use another ${option}`,
      { cause },
    );
  }
}

/** The folder, or the closest parent that exists. */
function existingParent(folder: string): string {
  const above = dirname(folder);
  return isThere(folder) || above === folder ? folder : existingParent(above);
}

/**
 * Removes the folder if it holds only the lock files and the ownership file. The caller holds the folder's lock, and this takes
 * the workers' lock, so nobody else holds one. A process that waits for a removed lock file notices once it has the lock, and
 * opens the new file (see `FileLock`).
 */
async function removeIfBare(place: Layout, made: ReadonlySet<string>): Promise<void> {
  if (holdsRun(place)) return;
  // The folder's lock goes last: without it another run may enter, and then nothing in the folder is ours to remove.
  const own = [place.heartbeat, place.ownership, place.workersLock, place.lock];
  const names = own.map((path) => basename(path));
  if ((await readdir(place.out)).some((name) => !names.includes(name))) return;
  await using _workers = await FileLock.acquire(place.workersLock, { timeoutMs: 0 });
  for (const path of own) await rm(path, { force: true });
  await removeEmpty(made);
}

/** Removes those folders that are empty, the innermost first. */
async function removeEmpty(folders: ReadonlySet<string>): Promise<void> {
  for (const folder of [...folders].sort((a, b) => b.length - a.length))
    await rmdir(folder).catch(() => undefined);
}

function isGone(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || (cause instanceof Error && isGone(cause));
}
