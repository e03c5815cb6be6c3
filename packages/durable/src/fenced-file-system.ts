import { basename, join } from 'node:path';
import { isThere } from './durable.js';
import { type DurableFileSystem, nodeFileSystem } from './file-system.js';
import { systemErrorCode } from './system-error.js';

/** The writer's fence folder is gone: another has taken over, and this writer changed nothing. */
export class FencedError extends Error {
  readonly code = 'fenced';
  override readonly name = 'FencedError';

  constructor(fence: string, cause: unknown) {
    super(`${fence} is gone: another process has taken over its work, so nothing was written`, { cause });
  }
}

/** A missing folder, and one that another machine removed from a network file system. */
const GONE = new Set(['ENOENT', 'ESTALE']);

/**
 * A file system whose every change to a file starts or ends in one folder, the fence. Whoever removes that folder with its
 * content has stopped the writer for good, on whatever machine it is and however late it wakes up: new files are created
 * there and linked to their names, and a file that is renamed or removed goes through there.
 *
 * @param fence a folder in the same file system as the files; it must exist.
 * @returns operations that throw FencedError once the fence is gone.
 */
export function fencedFileSystem(
  fence: string,
  under: DurableFileSystem = nodeFileSystem,
): DurableFileSystem {
  const created = new Set<string>();
  const inside = (path: string) => join(fence, basename(path));
  const at = (path: string) => (created.has(path) ? inside(path) : path);
  const fenced = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (GONE.has(systemErrorCode(error) ?? '') && !isThere(fence)) throw new FencedError(fence, error);
      throw error;
    }
  };
  return {
    create: (path, options) =>
      fenced(async () => {
        const file = await under.create(inside(path), options);
        created.add(path);
        return file;
      }),
    rename: (from, to) =>
      fenced(async () => {
        // By the last name: a crash in between leaves a file that says where it was going.
        const own = created.has(from) ? inside(from) : inside(to);
        if (!created.delete(from)) await under.rename(from, own);
        await under.rename(own, to);
      }),
    renameToFree: (from, to) =>
      fenced(async () => {
        await under.renameToFree(at(from), to, { alone: true });
        created.delete(from);
      }),
    remove: (path) =>
      fenced(async () => {
        const own = inside(path);
        if (created.delete(path)) return under.remove(own);
        if (!isThere(path)) return;
        const doomed = `${own}.tmp`;
        await under.rename(path, doomed);
        await under.remove(doomed);
      }),
    makeDirectory: (path) => under.makeDirectory(path),
    syncDirectory: (path) => under.syncDirectory(path),
  };
}
