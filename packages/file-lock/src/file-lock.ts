import { closeSync, constants as flags, fstatSync, openSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { atPath } from '@holdfast/durable';
import { atLeast, checkOptions, flag, signal as isSignal, object, required, words } from '@holdfast/options';
import { releaseKernelLock, tryKernelLock } from './kernel-lock.js';
import { isUnlockedNetwork } from './local-disk.js';
import { LockTimeoutError, LockUnsupportedError } from './lock-errors.js';
import { readNote, writeNote } from './lock-note.js';
import { isMostlyFree, pauseMs, soonMs, usualAfter } from './pause.js';

export interface FileLockOptions {
  /** Shared with any number of other sharers, instead of exclusive. Default: false. */
  shared?: boolean;
  /** Milliseconds to wait; 0 tries once. Default 30,000. */
  timeoutMs?: number;
  /** Aborts the wait, with the signal's reason. */
  signal?: AbortSignal;
  /**
   * For a lock that is held briefly, and that hundreds may want at once: they ask as seldom as their number needs, and those who have
   * waited long come before those who have just begun. Default false: each asks every 20 ms.
   */
  crowded?: boolean;
}

const fileLockOptions = object<FileLockOptions>({
  shared: flag,
  timeoutMs: atLeast(0, 'milliseconds'),
  signal: isSignal,
  crowded: flag,
});

const isPath = required(words);

/** Attempts without a pause. */
const ATTEMPTS_AT_ONCE = 10;

/** Milliseconds after which a waiting process looks whether the file was removed. */
const LOOK_MS = 250;

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
    const { shared = false, timeoutMs = 30_000, signal, crowded = false } = options;
    signal?.throwIfAborted();
    // The kernel refuses an exclusive lock on a read-only descriptor. Opened synchronously: a thread would take longer than all
    // the work under the lock.
    let file = openSync(path, flags.O_RDWR | flags.O_CREAT, 0o666);
    try {
      const start = performance.now();
      let usualMs = crowded ? readNote(file).usualMs : 0;
      // In a crowd, whoever has just begun to wait does not come first.
      const atOnce = isMostlyFree(usualMs) ? ATTEMPTS_AT_ONCE : 0;
      let looked = start;
      for (let attempts = 0; ; attempts++) {
        if (attempts >= atOnce && timeoutMs > 0) {
          const waitedMs = performance.now() - start;
          const pauses = attempts - atOnce;
          const pause = crowded ? pauseMs({ pauses, waitedMs, usualMs }) : soonMs(pauses);
          // Jitter, so waiters do not retry in step; and a last attempt at the end of the wait.
          await delay(Math.min(pause * (0.5 + Math.random() / 2), Math.max(0, timeoutMs - waitedMs)));
        } else if (attempts > 0) await turn();
        const locked = tryKernelLock(path, file, { shared });
        const now = performance.now();
        const waitedMs = now - start;
        const looks = now - looked > LOOK_MS;
        if (looks) looked = now;
        if ((locked || looks) && isGone(path, file)) {
          // Somebody removed it: a lock on it excludes nobody who comes later.
          closeSync(file);
          file = openSync(path, flags.O_RDWR | flags.O_CREAT, 0o666);
          continue;
        }
        if (crowded && (locked || looks)) usualMs = readNote(file).usualMs;
        if (locked) {
          // With the pause that a crowd begins with.
          usualMs = usualAfter(usualMs, { waitedMs, free: attempts === 0 });
          break;
        }
        if (waitedMs >= timeoutMs) throw new LockTimeoutError(path, timeoutMs, readNote(file).holder);
        signal?.throwIfAborted();
      }
      if (!proven.has(path)) prove(path);
      // Waiters for sharers must not see the name of an earlier exclusive holder.
      const holder = shared ? null : `process ${process.pid} on ${hostname()}`;
      writeNote(file, crowded ? { holder, usualMs } : { holder });
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
