import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The room on the disk of a folder. */
export interface FreeSpace {
  /** Bytes that this user may still write, as far as the system knows: a quota may be less. */
  bytes: number;
  /** Two folders with the same number are on the same disk. */
  device: number;
}

/** The room on the disk of a folder, or of the closest one above it that exists; null if the system does not say. */
export async function freeSpace(folder: string): Promise<FreeSpace | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return { bytes: bavail * bsize, device: (await stat(folder)).dev };
  } catch (error) {
    const above = dirname(folder);
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' && above !== folder;
    return missing ? freeSpace(above) : null;
  }
}
