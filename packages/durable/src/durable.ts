import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DurableFile, type DurableOptions, nodeFileSystem } from './file-system.js';
import { systemErrorCode } from './system-error.js';

/** Whether anything has the name, a link to nowhere too. @throws what the system says, if it says neither yes nor no (EIO, EACCES …). */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

export interface WriteDurablyOptions extends DurableOptions {
  /** Whether something that has the name already is kept, and the write fails with EEXIST. Default false: it is replaced. */
  onlyNew?: boolean;
}

/**
 * Writes a file that is either wholly there or not at all, and that a power cut cannot take back once this resolves:
 * temp file in the same folder, data, fsync(file), rename, fsync(folder).
 *
 * @param path where the file shall be; an older file there is replaced in one step, unless `onlyNew` is set. Then several
 * writers may be at work on the name at once, and one of them has it.
 * @param produce writes the content; what it returns is handed on.
 * @throws whatever the file system threw (ENOSPC, EIO, EACCES …); the temp file is then gone and an older file untouched, and
 * with `onlyNew` nothing has the name that had it not before.
 */
export async function writeFileDurably<T>(
  path: string,
  produce: Uint8Array | string | ((file: Pick<DurableFile, 'write'>) => Promise<T>),
  { fs = nodeFileSystem, onlyNew = false }: WriteDurablyOptions = {},
): Promise<T> {
  const temporary = onlyNew ? `${path}.${randomBytes(6).toString('hex')}.tmp` : `${path}.tmp`;
  const file = await fs.create(temporary, { onlyNew });
  /** Files of this call, removed if it fails. */
  let own = temporary;
  try {
    let result: T;
    try {
      if (typeof produce === 'function') result = await produce(file);
      else result = (await file.write(typeof produce === 'string' ? Buffer.from(produce) : produce)) as T;
      await file.sync();
    } finally {
      await file.close();
    }
    if (onlyNew) {
      await fs.renameToFree(temporary, path);
      own = path;
    } else await fs.rename(temporary, path);
    await fs.syncDirectory(dirname(path));
    return result;
  } catch (error) {
    // Report the first error; a full or dying disk may fail here again.
    await fs.remove(own).catch(() => undefined);
    throw error;
  }
}

/** Renames a file or folder within one file system, and makes the new name last. */
export async function renameDurably(
  from: string,
  to: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  await fs.rename(from, to);
  await fs.syncDirectory(dirname(to));
  if (dirname(from) !== dirname(to)) await fs.syncDirectory(dirname(from));
}

/** Removes a file or a folder with all it holds, and makes its absence last. */
export async function removeDurably(
  path: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  if (!isThere(dirname(path))) return;
  await fs.remove(path);
  await fs.syncDirectory(dirname(path));
}

/** Makes a folder, with its parents where they are missing, and makes the entry of every new one last. */
export async function makeDirectoryDurably(
  path: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  const missing: string[] = [];
  for (let at = path; !isThere(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  // One by one: Node's own way of making several never ends where the system says ENOENT of a parent that is there.
  for (const folder of missing.length > 0 ? missing.reverse() : [path]) await fs.makeDirectory(folder);
  for (const folder of missing) await fs.syncDirectory(dirname(folder));
}

/** Makes all entries of a folder last. */
export async function syncDirectory(
  path: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  await fs.syncDirectory(path);
}
