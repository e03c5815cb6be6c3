import {
  closeSync,
  constants as flags,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { atPath } from '@holdfast/durable';
import { atLeast, checkOptions, flag, signal as isSignal, object, required, words } from '@holdfast/options';
import { releaseKernelLock, tryKernelLock } from './kernel-lock.js';
import { isUnlockedNetwork } from './local-disk.js';
import { LockTimeoutError, LockUnsupportedError } from './lock-errors.js';

export interface FileLockOptions {
  /** Held by any number of sharers, or by one process alone. Default false: alone. */
  shared?: boolean;
  /** Milliseconds to wait; 0 tries once. Default 30,000. */
  timeoutMs?: number;
  /** Ends the wait early, with the signal's reason. */
  signal?: AbortSignal;
}

const fileLockOptions = object<FileLockOptions>({
  shared: flag,
  timeoutMs: atLeast(0, 'milliseconds'),
  signal: isSignal,
});

const isPath = required(words);

/** Tries without a pause: most holders need the lock for some microseconds only. */
const TRIES_AT_ONCE = 10;

/** Pause between two tries after these, in milliseconds; grows from the first to the second. */
const PAUSE: readonly [first: number, most: number] = [1, 20];

/** The holder's name takes this many bytes, so that a new one hides the old. */
const HOLDER_LENGTH = 128;

/** Lock files that were seen to keep a second holder out. */
const proven = new Set<string>();

/** Locks that were not given back: garbage collection would close their files, and so give them up unasked. */
const held = new Set<FileLock>();

/**
 * A kernel advisory lock on a file of its own. The kernel gives it back when the holder dies, however it dies; the file
 * is never unlinked here, since two processes could then hold "the lock" on two inodes. Who unlinks it all the same must hold
 * it alone meanwhile: those who wait with the old file open find out when they have its lock, and take the new file's.
 */
export class FileLock implements AsyncDisposable {
  readonly #file: number;

  private constructor(
    readonly path: string,
    file: number,
  ) {
    this.#file = file;
    held.add(this);
  }

  /**
   * Takes the lock; the file is made where it is missing.
   *
   * @throws LockTimeoutError when others hold it for longer than the wait; LockUnsupportedError where the file system has no
   * locks, or such as keep nobody out; the signal's reason; RangeError and TypeError for options that are none.
   */
  static async acquire(path: string, options: FileLockOptions = {}): Promise<FileLock> {
    checkOptions('FileLock.acquire', path, isPath, 'path');
    checkOptions('FileLock.acquire', options, fileLockOptions);
    const { shared = false, timeoutMs = 30_000, signal } = options;
    signal?.throwIfAborted();
    // An exclusive lock on a descriptor that cannot be written through is refused by the kernel. Opened at once, not by a
    // thread: that would take longer than all that is done under the lock.
    let file = openSync(path, flags.O_RDWR | flags.O_CREAT, 0o666);
    try {
      const end = performance.now() + timeoutMs;
      let pause = PAUSE[0];
      for (let tries = 0; ; tries++) {
        const had = tryKernelLock(path, file, { shared });
        const paused = tries >= TRIES_AT_ONCE;
        if ((had || paused) && isGone(path, file)) {
          // Removed by somebody: a lock on it keeps out nobody who comes after.
          closeSync(file);
          file = openSync(path, flags.O_RDWR | flags.O_CREAT, 0o666);
          continue;
        }
        if (had) break;
        if (performance.now() >= end) throw new LockTimeoutError(path, timeoutMs, holderIn(path));
        signal?.throwIfAborted();
        if (!paused) await turn();
        else {
          // Not all at the same moments.
          await delay(pause * (0.5 + Math.random() / 2));
          pause = Math.min(pause * 1.5, PAUSE[1]);
        }
      }
      if (!proven.has(path)) prove(path);
      // Those who wait for sharers must not be told of who held it alone before.
      signHolder(file, shared ? '' : `process ${process.pid} on ${hostname()}`);
      return new FileLock(path, file);
    } catch (error) {
      closeSync(file);
      throw atPath(error, path);
    }
  }

  /** Gives the lock back; a second call does nothing. */
  async release(): Promise<void> {
    if (!held.delete(this)) return;
    releaseKernelLock(this.#file);
    closeSync(this.#file);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** Whether the file at the path is not, or no more, the one that is open. */
function isGone(path: string, descriptor: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(descriptor).ino;
}

/** Some file systems grant every lock. @throws LockUnsupportedError when another could hold this one too. */
function prove(path: string): void {
  if (isUnlockedNetwork(path)) throw new LockUnsupportedError(path, 'it is mounted so that locks are local');
  const second = openSync(path, 'r+');
  try {
    if (tryKernelLock(path, second, { shared: false }))
      throw new LockUnsupportedError(path, 'two could hold one lock');
  } finally {
    closeSync(second);
  }
  proven.add(path);
}

/** Who holds the lock alone, for the message another process prints; it decides nothing. */
function signHolder(descriptor: number, name: string): void {
  writeSync(descriptor, `${name.padEnd(HOLDER_LENGTH - 1)}\n`, 0);
}

function holderIn(path: string): string | null {
  return readFileSync(path, 'utf8').trim() || null;
}
