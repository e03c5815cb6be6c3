import { createHash } from 'node:crypto';
import { closeSync, constants as flags, fstatSync, openSync, statSync } from 'node:fs';
import { LockUnsupportedError, releaseKernelLock, tryKernelLock } from '@holdfast/file-lock';

/** Who holds a claim: this process, another live process, or nobody alive. */
export type Holder = 'this process' | 'another' | 'nobody';

/** The claims of this process, by lock file: closing the file would release all its locks. */
const files = new Map<string, ClaimLocks>();

/**
 * Knows which claims a live process holds. Each claim is one byte, at its own offset in a file that stays
 * empty; the claiming process keeps that byte locked. The kernel releases the lock when the process is gone,
 * however it ended. The file is never unlinked here, for the same reason as in `FileLock`.
 *
 * Use it only under the manifest's lock: a check briefly locks a dead owner's byte.
 */
export class ClaimLocks {
  #file: number | null = null;
  readonly #held = new Set<string>();

  private constructor(readonly path: string) {}

  /** @param path of the file. @returns one instance per process and path, so the process is one holder. */
  static at(path: string): ClaimLocks {
    let locks = files.get(path);
    if (locks === undefined) {
      locks = new ClaimLocks(path);
      files.set(path, locks);
    }
    return locks;
  }

  /** @throws LockUnsupportedError if the file system has no locks. */
  holderOf(token: string): Holder {
    const file = this.#open();
    if (this.#held.has(token)) return 'this process';
    const offset = placeOf(token);
    if (!tryKernelLock(this.path, file, { offset, length: 1, shared: false })) return 'another';
    releaseKernelLock(file, offset, 1);
    this.#closeUnused();
    return 'nobody';
  }

  /** Holds a new claim. On a file system without locks, others cannot see that it is held. */
  hold(token: string): void {
    const file = this.#open();
    try {
      tryKernelLock(this.path, file, { offset: placeOf(token), length: 1, shared: false });
    } catch (error) {
      if (!(error instanceof LockUnsupportedError)) throw error;
    }
    this.#held.add(token);
  }

  /** Releases a claim that is over; ignores one of another process. */
  release(token: string): void {
    if (!this.#held.delete(token) || this.#file === null) return;
    releaseKernelLock(this.#file, placeOf(token), 1);
    this.#closeUnused();
  }

  #open(): number {
    // If the file was removed with its folder, its manifest is gone and so are the claims.
    if (
      this.#file !== null &&
      statSync(this.path, { throwIfNoEntry: false })?.ino !== fstatSync(this.#file).ino
    )
      this.#close();
    this.#file ??= openSync(this.path, flags.O_RDWR | flags.O_CREAT, 0o666);
    return this.#file;
  }

  #closeUnused(): void {
    if (this.#held.size === 0) this.#close();
  }

  #close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#held.clear();
  }
}

/**
 * A claim's byte: 48 bits of its token's hash, as no two claims of any manifest at this path may share one.
 */
const placeOf = (token: string) => createHash('sha256').update(token).digest().readUIntBE(0, 6);
