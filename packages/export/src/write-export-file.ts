import { type FileHandle, lstat, open } from 'node:fs/promises';
import { writeFileDurably } from '@holdfast/durable';
import type { Sink } from '@holdfast/pt-serializer';
import { RunFolderError } from '@holdfast/run-folder';

/**
 * Writes a file that is either complete or absent. A file that is there already is compared, and left as it is if it has just these bytes.
 *
 * @param force whether to replace a file with other bytes.
 * @returns whether it was written, and the bytes of it.
 * @throws RunFolderError if another file has the name.
 */
export async function writeExportFile(
  path: string,
  write: (sink: Sink) => Promise<void>,
  { force }: { force: boolean },
): Promise<{ written: boolean; bytes: number }> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found !== null && !found.isFile())
    throw new RunFolderError(`${path} is there and is no file; name another one with --output`);
  if (found !== null && !force) {
    if (!(await hasBytes(path, write)))
      throw new RunFolderError(
        `${path} is there and is not this export; name another file with --output, or add --force to replace it`,
      );
    return { written: false, bytes: found.size };
  }
  let bytes = 0;
  await writeFileDurably(path, async (file) => {
    await write({
      async write(part) {
        await file.write(part);
        bytes += part.length;
      },
    });
  });
  return { written: true, bytes };
}

/** Thrown at the first byte that differs, to end the writing. */
class Differs extends Error {}

/** Whether a file has just the bytes that would be written. */
export async function hasBytes(path: string, write: (sink: Sink) => Promise<void>): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let at = 0;
    await write({
      async write(part) {
        if (!(await isNext(file, at, part))) throw new Differs();
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

async function isNext(file: FileHandle, at: number, part: Uint8Array): Promise<boolean> {
  const found = Buffer.allocUnsafe(part.length);
  for (let done = 0; done < part.length; ) {
    const { bytesRead } = await file.read(found, done, part.length - done, at + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return found.equals(part);
}
