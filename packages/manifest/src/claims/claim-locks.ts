import { createHash } from 'node:crypto';
import { closeSync, constants as flags, fstatSync, openSync, statSync } from 'node:fs';
import { LockUnsupportedError, releaseKernelLock, tryKernelLock } from '@holdfast/file-lock';

/** Who holds a claim: this process, another that is alive, or nobody who is. */
export type Holder = 'this process' | 'another' | 'nobody';

/** The claims of this process, by the file of their locks: what lets go of the file lets go of all its locks. */
const files = new Map<string, ClaimLocks>();

/**
 * Tells which claims are held by a process that lives. Each claim is one byte of a file that stays empty, at a place of its
 * own, which the process that claimed keeps locked. The kernel gives the lock back when that process is gone, however it
 * went. The file is never unlinked here, for the reason of `FileLock`.
 *
 * To be asked and told under the manifest's lock alone: one who asks holds a dead one's byte for a moment.
 */
export class ClaimLocks {
  #file: number | null = null;
  readonly #held = new Set<string>();

  private constructor(readonly path: string) {}

  /** @param path of the file. @returns the same for all in this process, so that they are one holder. */
  static at(path: string): ClaimLocks {
    let locks = files.get(path);
    if (locks === undefined) {
      locks = new ClaimLocks(path);
      files.set(path, locks);
    }
    return locks;
  }

  /** @throws LockUnsupportedError where the file system cannot tell. */
  holderOf(token: string): Holder {
    const file = this.#open();
    if (this.#held.has(token)) return 'this process';
    const offset = placeOf(token);
    if (!tryKernelLock(this.path, file, { offset, length: 1, shared: false })) return 'another';
    releaseKernelLock(file, offset, 1);
    this.#closeUnused();
    return 'nobody';
  }

  /** Holds a new claim from now on. Where the file system has no locks, nobody can tell that it is held. */
  hold(token: string): void {
    const file = this.#open();
    try {
      tryKernelLock(this.path, file, { offset: placeOf(token), length: 1, shared: false });
    } catch (error) {
      if (!(error instanceof LockUnsupportedError)) throw error;
    }
    this.#held.add(token);
  }

  /** The claim is over; one that is not this process's is left alone. */
  release(token: string): void {
    if (!this.#held.delete(token) || this.#file === null) return;
    releaseKernelLock(this.#file, placeOf(token), 1);
    this.#closeUnused();
  }

  #open(): number {
    // A file that was removed with its folder belongs to a manifest that is gone, and so do the claims.
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

/** A claim's byte: 48 bits of its token's hash, since no two claims of any manifest that was here may share one. */
const placeOf = (token: string) => createHash('sha256').update(token).digest().readUIntBE(0, 6);
