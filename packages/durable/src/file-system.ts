import { link, lstat, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { atPath, systemErrorCode } from './system-error.js';

/** A file being written. */
export interface DurableFile {
  /** Appends all of `bytes`; a short write is continued until nothing is left. */
  write(bytes: Uint8Array): Promise<void>;
  /** Syncs the written data to the device. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The file operations that durable writes use; a test's file system records them or fails at one of them. */
export interface DurableFileSystem {
  /** Creates `path` for writing and empties an existing file; with `onlyNew`: EEXIST if anything exists. */
  create(path: string, options?: { onlyNew?: boolean }): Promise<DurableFile>;
  rename(from: string, to: string): Promise<void>;
  /**
   * Renames a file to an unused name, in one step; EEXIST if the name is in use.
   *
   * @param options.alone nobody else gives a file that name, so where there are no links it is not reserved first.
   */
  renameToFree(from: string, to: string, options?: { alone?: boolean }): Promise<void>;
  /** Removes a file or a folder with its content; a missing one is not an error. */
  remove(path: string): Promise<void>;
  /** Makes one folder in an existing parent; an existing one is not an error. */
  makeDirectory(path: string): Promise<void>;
  /**
   * Syncs a folder's entries (creations, renames, removals), if the file system can; see `syncsDirectories`.
   */
  syncDirectory(path: string): Promise<void>;
}

export interface DurableOptions {
  /** Default: Node's own file system. */
  fs?: DurableFileSystem;
}

/** Bytes after which a sync starts while more is written; faster than one sync at the end. */
const SYNC_EVERY = 1 << 23;

/** Errors of file systems without hard links, such as FAT and some network mounts. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Errors of file systems that cannot sync folders, such as some network and FUSE mounts. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOTSUPP', 'ENOSYS']);

/**
 * Whether the file system can sync a folder's entries. If not, a power cut may undo the latest names, though
 * not the content of files: readers must not rely on the last file being there.
 *
 * @throws any other error of the file system.
 */
export async function syncsDirectories(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
    return true;
  } catch (error) {
    if (NO_FOLDER_SYNC.has(systemErrorCode(error) ?? '')) return false;
    throw atPath(error, path);
  } finally {
    await handle.close();
  }
}

/** Node's file system. */
export const nodeFileSystem: DurableFileSystem = {
  async create(path, { onlyNew = false } = {}) {
    const handle = await open(path, onlyNew ? 'wx' : 'w');
    let unsynced = 0;
    let syncing: Promise<void> | null = null;
    // The system reports a failed write once, so an early report must be kept.
    let failure: { error: unknown } | null = null;
    const named = (error: unknown): never => {
      throw atPath(error, path);
    };
    const beginSync = () => {
      unsynced = 0;
      syncing = handle
        .datasync()
        .catch((error: unknown) => {
          failure = { error: atPath(error, path) };
        })
        .finally(() => {
          syncing = null;
        });
    };
    const settle = async () => {
      await syncing;
      if (failure) throw failure.error;
    };
    return {
      async write(bytes) {
        let done = 0;
        while (done < bytes.byteLength)
          done += await handle
            .write(bytes, done, bytes.byteLength - done)
            .then(({ bytesWritten }) => bytesWritten, named);
        unsynced += bytes.byteLength;
        if (unsynced >= SYNC_EVERY && !syncing) beginSync();
      },
      async sync() {
        await settle();
        await handle.sync().catch(named);
      },
      async close() {
        await syncing;
        await handle.close().catch(named);
      },
    };
  },
  rename,
  async renameToFree(from, to, { alone = false } = {}) {
    // A rename replaces; a second name for the file does not.
    try {
      await link(from, to);
    } catch (error) {
      if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      if (!alone)
        await (await open(to, 'wx')).close(); // Reserves the name; only its creator replaces that file.
      else if ((await lstat(to).catch(() => null)) !== null)
        throw Object.assign(new Error(`EEXIST: ${to} exists`), { code: 'EEXIST' });
      await rename(from, to);
      return;
    }
    // The file has its name; keeping the other as well does no harm.
    await unlink(from).catch(() => undefined);
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  async makeDirectory(path) {
    await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
    });
  },
  async syncDirectory(path) {
    await syncsDirectories(path);
  },
};
