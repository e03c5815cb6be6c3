import type { FileHandle } from 'node:fs/promises';

/** Reads as much as there is. @returns bytes read. */
export async function readAt(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
