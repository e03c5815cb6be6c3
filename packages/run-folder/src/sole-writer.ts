import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isThere } from '@holdfast/durable';
import { FileLock, LockTimeoutError, LockUnsupportedError } from '@holdfast/file-lock';
import { BusyError, RunFolderError } from './run-folder-error.js';

/** The lock beside an output, there only while it is written, or after a kill until it is written again. */
export const outputLock = (path: string): string => join(dirname(path), `.${basename(path)}.lock`);

/**
 * Keeps other commands from writing the same output until the returned object is disposed of: two of them would write into one
 * temporary file. Where the file system has no locks, nothing is kept out.
 *
 * @throws BusyError if another command writes it; RunFolderError if somebody else's file has the temporary name.
 */
export async function soleWriter(path: string): Promise<AsyncDisposable> {
  const place = outputLock(path);
  // What a killed command left has its lock beside it.
  const cutOff = isThere(place);
  let lock: FileLock;
  try {
    lock = await FileLock.acquire(place, { timeoutMs: 0 });
  } catch (error) {
    if (error instanceof LockTimeoutError)
      throw new BusyError(
        `${path} is being written by another command (${error.holder ?? 'of unknown name'}); wait for it to end, then run this one again`,
        { cause: error },
      );
    if (!(error instanceof LockUnsupportedError)) throw error;
    await rm(place, { force: true });
    return { [Symbol.asyncDispose]: async () => undefined };
  }
  const release = async () => {
    // Removed while it is held: who waits for it notices.
    await rm(place, { force: true });
    await lock.release();
  };
  const temporary = `${path}.tmp`;
  const found = lstatSync(temporary, { throwIfNoEntry: false });
  if (found !== undefined && !(cutOff && found.isFile())) {
    await release();
    throw new RunFolderError(
      `${temporary} is there, which is no killed command's: writing ${path} would replace it; move it away, or name another file`,
    );
  }
  return { [Symbol.asyncDispose]: release };
}
