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
  /** Shared with any number of other sharers, instead of exclusive. Default: false. */
  shared?: boolean;
  /** Milliseconds to wait; 0 tries once. Default 30,000. */
  timeoutMs?: number;
  /** Aborts the wait, with the signal's reason. */
  signal?: AbortSignal;
}

const fileLockOptions = object<FileLockOptions>({
  shared: flag,
  timeoutMs: atLeast(0, 'milliseconds'),
  signal: isSignal,
});

const isPath = required(words);

/** Attempts without a pause: most holders need the lock only for microseconds. */
const ATTEMPTS_AT_ONCE = 10;

/** Milliseconds between later attempts; grows from the first to the second. */
const PAUSE: readonly [first: number, most: number] = [1, 20];

/** The holder's name is padded to this many bytes, so a new name overwrites the old one. */
const HOLDER_LENGTH = 128;

/** Lock files that were tested to exclude a second holder. */
const proven = new Set<string>();

/** Keeps held locks alive: garbage collection would close their files, and so release them. */
const held = new Set<FileLock>();

/**
 * A kernel advisory lock on a dedicated file. The kernel releases it when the holder dies, however it dies. The file is never
 * unlinked here, since two processes could then hold "the lock" on two inodes. Whoever unlinks it must hold it exclusively:
 * waiters with the old file open notice once they have its lock, and lock the new file.
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
   * Takes the lock. Creates the file if it is missing.
   *
   * @throws LockTimeoutError if others hold it for longer than the wait; LockUnsupportedError if the file system has no working
   * locks; the signal's reason; RangeError or TypeError for invalid options.
   */
  static async acquire(path: string, options: FileLockOptions = {}): Promise<FileLock> {
    checkOptions('FileLock.acquire', path, isPath, 'path');
    checkOptions('FileLock.acquire', options, fileLockOptions);
    const { shared = false, timeoutMs = 30_000, signal } = options;
    signal?.throwIfAborted();
    // The kernel refuses an exclusive lock on a read-only descriptor. Opened synchronously: a thread would take longer than all
    // the work under the lock.
    let file = openSync(path, flags.O_RDWR | flags.O_CREAT, 0o666);
    try {
      const end = performance.now() + timeoutMs;
      let pause = PAUSE[0];
      for (let attempts = 0; ; attempts++) {
        const locked = tryKernelLock(path, file, { shared });
        const paused = attempts >= ATTEMPTS_AT_ONCE;
        if ((locked || paused) && isGone(path, file)) {
          // Somebody removed it: a lock on it excludes nobody who comes later.
          closeSync(file);
          file = openSync(path, flags.O_RDWR | flags.O_CREAT, 0o666);
          continue;
        }
        if (locked) break;
        if (performance.now() >= end) throw new LockTimeoutError(path, timeoutMs, holderIn(path));
        signal?.throwIfAborted();
        if (!paused) await turn();
        else {
          // Jitter, so waiters do not retry in step.
          await delay(pause * (0.5 + Math.random() / 2));
          pause = Math.min(pause * 1.5, PAUSE[1]);
        }
      }
      if (!proven.has(path)) prove(path);
      // Waiters for sharers must not see the name of an earlier exclusive holder.
      signHolder(file, shared ? '' : `process ${process.pid} on ${hostname()}`);
      return new FileLock(path, file);
    } catch (error) {
      closeSync(file);
      throw atPath(error, path);
    }
  }

  /** Releases the lock; a second call does nothing. */
  async release(): Promise<void> {
    if (!held.delete(this)) return;
    releaseKernelLock(this.#file);
    closeSync(this.#file);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** Whether the file at the path is no longer the open one. */
function isGone(path: string, descriptor: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(descriptor).ino;
}

/** Tests the lock, since some file systems grant every lock. @throws LockUnsupportedError if it can be held twice. */
function prove(path: string): void {
  if (isUnlockedNetwork(path)) throw new LockUnsupportedError(path, 'its mount options make locks local');
  const second = openSync(path, 'r+');
  try {
    if (tryKernelLock(path, second, { shared: false }))
      throw new LockUnsupportedError(path, 'it grants one lock twice');
  } finally {
    closeSync(second);
  }
  proven.add(path);
}

/** Writes the exclusive holder's name, only for the messages of other processes. */
function signHolder(descriptor: number, name: string): void {
  writeSync(descriptor, `${name.padEnd(HOLDER_LENGTH - 1)}\n`, 0);
}

function holderIn(path: string): string | null {
  return readFileSync(path, 'utf8').trim() || null;
}
