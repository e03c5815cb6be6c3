import { readFile } from 'node:fs/promises';
import { mountOf } from '@holdfast/file-lock';

/** The type of the file system that a path lies on, or null where the system does not tell. @param path absolute, without links. */
export async function fileSystemOf(path: string): Promise<string | null> {
  return typeIn(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''), path);
}

/** The type of the file system that a path lies on, by a `mountinfo`. */
export const typeIn = (mountinfo: string, path: string): string | null =>
  mountOf(mountinfo, path)?.type ?? null;
