import { access, constants, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { inWords, isSurelyThere, isThere, makeDirectoryDurably, systemTrouble } from '@holdfast/durable';
import { FileLock } from '@holdfast/file-lock';
import { holdsRun } from './folder-ownership.js';
import type { Layout } from './layout.js';
import { lockFolder } from './lock-folder.js';
import { RunFolderError } from './run-folder-error.js';

/** How often a folder is made again that another run, which began nothing, took away before it could be locked. */
const TRIES = 5;

/**
 * Makes the output folder where it is missing, and takes it for this process until the returned is disposed of. What this
 * call made is then gone again, if nothing of a run is in it; a folder that was there stays, and its lock files with it.
 *
 * @throws RunFolderError when the folder can't be written to; BusyError when another run has it.
 */
export async function takeOutputFolder(place: Layout): Promise<AsyncDisposable> {
  const made = new Set<string>();
  for (let left = TRIES; ; left--) {
    try {
      await makeOutputFolder(place, made);
      const lock = await lockFolder(place);
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

/** Makes the folder, adds to `made` what was missing, and finds out beforehand whether it can be written to. */
async function makeOutputFolder({ out, run }: Layout, made: Set<string>): Promise<void> {
  try {
    for (let at = out; !isThere(at) && dirname(at) !== at; at = dirname(at)) made.add(at);
    await makeDirectoryDurably(out);
    await access(out, constants.W_OK | constants.X_OK);
    await readdir(out);
  } catch (cause) {
    const trouble = systemTrouble(cause);
    if (trouble === null) throw cause;
    // Every folder above can be made, but in places like /proc, whose files only the system makes.
    const parent = trouble.code === 'ENOENT' ? nearestThere(out) : out;
    if (parent !== out)
      throw new RunFolderError(
        `${out}: the output folder cannot be written to: ${parent} is there, but no folder can be made in it (ENOENT); use another --out`,
        { cause },
      );
    // A run that is there goes on here only.
    const remedy = `${trouble.remedy.write}${isSurelyThere(run) ? '' : ', or use another --out'}`;
    throw new RunFolderError(
      `${out}: the output folder cannot be written to (${inWords(trouble)})${trouble.passing ? '' : `; ${remedy}`}`,
      { cause },
    );
  }
}

/** The folder, or the nearest above it that is there. */
function nearestThere(folder: string): string {
  const above = dirname(folder);
  return isThere(folder) || above === folder ? folder : nearestThere(above);
}

/**
 * Removes the folder if nothing is in it but the lock files and the claim. The caller holds the folder's lock, and this
 * takes that of the workers: nobody else holds one, and whoever waits for one, having opened its file before, sees once it
 * has the lock that the file is gone, and opens the new one (see `FileLock`).
 */
async function removeIfBare(place: Layout, made: ReadonlySet<string>): Promise<void> {
  if (holdsRun(place)) return;
  // The folder's lock last: without it another run may enter, and then nothing in the folder is this one's to remove.
  const own = [place.ownership, place.workersLock, place.lock];
  const names = own.map((path) => basename(path));
  if ((await readdir(place.out)).some((name) => !names.includes(name))) return;
  await using _workers = await FileLock.acquire(place.workersLock, { timeoutMs: 0 });
  for (const path of own) await rm(path, { force: true });
  await removeEmpty(made);
}

/** Removes folders, the innermost first, those that are empty. */
async function removeEmpty(folders: ReadonlySet<string>): Promise<void> {
  for (const folder of [...folders].sort((a, b) => b.length - a.length))
    await rmdir(folder).catch(() => undefined);
}

function isGone(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || (cause instanceof Error && isGone(cause));
}
