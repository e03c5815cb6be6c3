import { constants as flags, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { constants, hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock, unlock } from 'fs-native-extensions';
import { LockTimeoutError, LockUnsupportedError } from './lock-errors.js';

export interface FileLockOptions {
  /** Held by any number of sharers, or by one process alone. Default false: alone. */
  shared?: boolean;
  /** Milliseconds to wait; 0 tries once. Default 30,000. */
  timeoutMs?: number;
  /** Ends the wait early, with the signal's reason. */
  signal?: AbortSignal;
}

/** Pause between two tries, in milliseconds; grows to the second. */
const PAUSE: readonly [first: number, most: number] = [1, 50];

/** What a file system without advisory locks answers. */
const NO_LOCKS = new Set([
  // libuv has no name for ENOLCK.
  `Unknown system error -${constants.errno.ENOLCK}`,
  'ENOLCK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
]);

/** The holder's name takes this many bytes, so that a new one hides the old. */
const HOLDER_LENGTH = 128;

/** Lock files that were seen to keep a second holder out. */
const proven = new Set<string>();

/** Locks that were not given back: garbage collection would close their files, and so give them up unasked. */
const held = new Set<FileLock>();

/**
 * A kernel advisory lock on a file of its own. The kernel gives it back when the holder dies, however it dies; the file
 * is never unlinked, since two processes could then hold "the lock" on two inodes.
 */
export class FileLock implements AsyncDisposable {
  readonly #file: FileHandle;

  private constructor(
    readonly path: string,
    file: FileHandle,
  ) {
    this.#file = file;
    held.add(this);
  }

  /**
   * Takes the lock; the file is made where it is missing.
   *
   * @throws LockTimeoutError when others hold it for longer than the wait; LockUnsupportedError where the file system has no
   * locks, or such as keep nobody out; the signal's reason.
   */
  static async acquire(
    path: string,
    { shared = false, timeoutMs = 30_000, signal }: FileLockOptions = {},
  ): Promise<FileLock> {
    // An exclusive lock on a descriptor that cannot be written through is refused by the kernel.
    const file = await open(path, flags.O_RDWR | flags.O_CREAT, 0o666);
    try {
      const end = performance.now() + timeoutMs;
      for (let pause = PAUSE[0]; !tried(path, file.fd, shared); pause = Math.min(pause * 2, PAUSE[1])) {
        if (performance.now() >= end) throw new LockTimeoutError(path, timeoutMs, await holderIn(path));
        signal?.throwIfAborted();
        // Not all at the same moments.
        await delay(pause * (0.5 + Math.random() / 2));
      }
      if (!proven.has(path)) await prove(path);
      if (!shared) signHolder(file.fd);
      return new FileLock(path, file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Gives the lock back; a second call does nothing. */
  async release(): Promise<void> {
    if (!held.delete(this)) return;
    unlock(this.#file.fd, 0, 0);
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** Tries once. */
function tried(path: string, descriptor: number, shared: boolean): boolean {
  try {
    return tryLock(descriptor, 0, 0, { shared });
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!NO_LOCKS.has(code)) throw cause;
    throw new LockUnsupportedError(path, code.startsWith('Unknown') ? 'ENOLCK' : code, { cause });
  }
}

/** Some file systems grant every lock. @throws LockUnsupportedError when another could hold this one too. */
async function prove(path: string): Promise<void> {
  const second = await open(path, 'r+');
  try {
    if (tried(path, second.fd, false)) throw new LockUnsupportedError(path, 'two could hold one lock');
  } finally {
    await second.close();
  }
  proven.add(path);
}

/** Who holds the lock alone, for the message another process prints; it decides nothing. */
function signHolder(descriptor: number): void {
  writeSync(descriptor, `process ${process.pid} on ${hostname()}`.padEnd(HOLDER_LENGTH - 1).concat('\n'), 0);
}

async function holderIn(path: string): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    return (await file.readFile('utf8')).trim() || null;
  } finally {
    await file.close();
  }
}
