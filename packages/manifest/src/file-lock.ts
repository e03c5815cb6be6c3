import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock, unlock } from 'fs-native-extensions';
import { LockTimeoutError } from './lock-timeout-error.js';

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
   * @throws LockTimeoutError when others hold it for longer than the wait; the signal's reason.
   */
  static async acquire(
    path: string,
    { shared = false, timeoutMs = 30_000, signal }: FileLockOptions = {},
  ): Promise<FileLock> {
    // An exclusive lock on a descriptor that cannot be written through is refused by the kernel, hence a+.
    const file = await open(path, 'a+');
    try {
      const end = performance.now() + timeoutMs;
      for (let pause = PAUSE[0]; !tryLock(file.fd, 0, 0, { shared }); pause = Math.min(pause * 2, PAUSE[1])) {
        if (performance.now() >= end) throw new LockTimeoutError(path, timeoutMs, await holderIn(path));
        signal?.throwIfAborted();
        await delay(pause);
      }
      if (!shared) await signHolder(file);
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

/** Who holds the lock alone, for the message another process prints; it decides nothing. */
async function signHolder(file: FileHandle): Promise<void> {
  await file.truncate(0);
  await file.write(`process ${process.pid} on ${hostname()}\n`);
}

async function holderIn(path: string): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    return (await file.readFile('utf8')).trim() || null;
  } finally {
    await file.close();
  }
}
