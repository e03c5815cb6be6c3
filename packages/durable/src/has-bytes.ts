import { open } from 'node:fs/promises';
import type { DurableFile } from './file-system.js';
import { readAt } from './read-at.js';

/** Thrown at the first byte that differs, to end the writing. */
class Differs extends Error {}

/**
 * Whether a file has just the bytes that would be written. Ends the writing at the first part that differs; the file is only read.
 *
 * @throws what `write` and the file system throw.
 */
export async function hasBytes(
  path: string,
  write: (file: Pick<DurableFile, 'write'>) => Promise<unknown>,
): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let at = 0;
    await write({
      async write(part) {
        const found = Buffer.allocUnsafe(part.length);
        if ((await readAt(file, found, at)) < part.length || !found.equals(part)) throw new Differs();
        at += part.length;
      },
    });
    return at === size;
  } catch (error) {
    if (error instanceof Differs) return false;
    throw error;
  } finally {
    await file.close();
  }
}
