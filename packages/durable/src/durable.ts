import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DurableFile, type DurableOptions, nodeFileSystem } from './file-system.js';
import { systemErrorCode } from './system-error.js';

/**
 * Whether anything has the name, including a dangling link.
 *
 * @throws the system's error if it cannot tell (EIO, EACCES …).
 */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

export interface WriteDurablyOptions extends DurableOptions {
  /** Whether to keep an existing file and fail with EEXIST. Default false: it is replaced. */
  onlyNew?: boolean;
}

/**
 * Writes a file that is either complete or absent, and durable once this resolves: temp file in the same
 * folder, data, fsync(file), rename, fsync(folder).
 *
 * @param path of the file. An older file is replaced in one step, unless `onlyNew` is set: then of several
 * concurrent writers of the name one succeeds.
 * @param produce the content, or a function that writes it; its result is returned.
 * @throws errors of the file system (ENOSPC, EIO, EACCES …). The temp file is then removed and an older file
 * untouched; with `onlyNew` no new file has the name.
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

/** Renames a file or folder within one file system; once resolved the new name is durable. */
export async function renameDurably(
  from: string,
  to: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  await fs.rename(from, to);
  await fs.syncDirectory(dirname(to));
  if (dirname(from) !== dirname(to)) await fs.syncDirectory(dirname(from));
}

/** Removes a file or a folder with its content; once resolved the removal is durable. */
export async function removeDurably(
  path: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  if (!isThere(dirname(path))) return;
  await fs.remove(path);
  await fs.syncDirectory(dirname(path));
}

/** Creates a folder and its missing parents; once resolved all of them are durable. */
export async function makeDirectoryDurably(
  path: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  const missing: string[] = [];
  for (let at = path; !isThere(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  // One by one: Node's recursive mkdir never returns if the system reports ENOENT for an existing parent.
  for (const folder of missing.length > 0 ? missing.reverse() : [path]) await fs.makeDirectory(folder);
  for (const folder of missing) await fs.syncDirectory(dirname(folder));
}

/** Makes all entries of a folder durable. */
export async function syncDirectory(
  path: string,
  { fs = nodeFileSystem }: DurableOptions = {},
): Promise<void> {
  await fs.syncDirectory(path);
}
