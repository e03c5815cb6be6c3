import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLocalDisk, LockUnsupportedError, tryKernelLock } from '@holdfast/file-lock';

/** A file that is being written: its final name, then these. */
const TEMPORARY = /^int8-[0-9a-f]+\.safetensors\.[0-9a-f]+\.tmp$/;
/** Where locks cannot be trusted, a file that nobody has written to for this long was left by a process that was killed. */
const LEFT_AFTER_MS = 3_600_000;

/** Creates a file beside a path, with a kernel lock as long as it is open: it shows that somebody writes. */
export async function createTemporary(path: string): Promise<{ temporary: string; file: FileHandle }> {
  for (;;) {
    const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
    const file = await open(temporary, 'wx+');
    // Between the two steps another process may take it for one that was left.
    if (locked(temporary, file) && (await isStill(temporary, file))) return { temporary, file };
    await file.close();
  }
}

/** Removes the temporary files of processes that were killed. A folder that cannot be read or changed keeps them. */
export async function removeLeft(folder: string): Promise<void> {
  const trusted = isLocalDisk(folder);
  for (const name of await readdir(folder).catch(() => []))
    if (TEMPORARY.test(name)) await removeIfLeft(join(folder, name), trusted).catch(() => undefined);
}

async function removeIfLeft(path: string, trusted: boolean): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { mtimeMs } = await file.stat();
    if (!trusted && Date.now() - mtimeMs <= LEFT_AFTER_MS) return;
    // Removed under the lock, so that its writer notices.
    if (locked(path, file)) await rm(path, { force: true });
  } finally {
    await file.close();
  }
}

/** Whether the lock of a file was free. A file system without locks grants it. */
function locked(path: string, { fd }: FileHandle): boolean {
  try {
    return tryKernelLock(path, fd, { shared: false });
  } catch (error) {
    if (error instanceof LockUnsupportedError) return true;
    throw error;
  }
}

async function isStill(path: string, file: FileHandle): Promise<boolean> {
  const there = await stat(path).catch(() => null);
  return there?.ino === (await file.stat()).ino;
}
