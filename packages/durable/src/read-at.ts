import type { FileHandle } from 'node:fs/promises';

/**
 * Reads from a place in a file until `bytes` is full or the file ends; the system may read less at a time.
 *
 * @param position offset in the file, in bytes.
 * @returns bytes read.
 */
export async function readAt(
  file: Pick<FileHandle, 'read'>,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
