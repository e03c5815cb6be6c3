import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isMissing, unreadable } from './model-files.js';

/**
 * Whether a file exists.
 *
 * @throws ModelError `model_file_missing` if the name is taken by something else or cannot be checked.
 */
export async function isFile(path: string): Promise<boolean> {
  const found = await look(path);
  if (found === undefined || found.isFile()) return found !== undefined;
  throw unreadable(
    path,
    Object.assign(new Error('no file'), { code: found.isDirectory() ? 'EISDIR' : 'EFTYPE' }),
  );
}

/** What a path leads to. @throws ModelError `model_file_missing` if it cannot be checked. */
export async function kindAt(path: string): Promise<'folder' | 'other' | 'nothing'> {
  const found = await look(path);
  if (found === undefined) return 'nothing';
  return found.isDirectory() ? 'folder' : 'other';
}

async function look(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}
