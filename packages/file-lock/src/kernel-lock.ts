import { systemErrorCode } from '@holdfast/durable';
import { tryLock, unlock } from 'fs-native-extensions';
import { LockUnsupportedError } from './lock-errors.js';

/** Errors of a file system without advisory locks. */
const NO_LOCKS = new Set(['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']);

export interface KernelLock {
  /** The first byte to lock. Default: 0. */
  offset?: number;
  /** Bytes; 0: to the end of the file, however it grows. Default: 0. */
  length?: number;
  shared: boolean;
}

/** Tries to lock a part of an open file. @throws LockUnsupportedError if the file system has no locks. */
export function tryKernelLock(
  path: string,
  descriptor: number,
  { offset = 0, length = 0, shared }: KernelLock,
): boolean {
  try {
    return tryLock(descriptor, offset, length, { shared });
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === null || !NO_LOCKS.has(code)) throw cause;
    throw new LockUnsupportedError(path, code, { cause });
  }
}

/** Unlocks a part of an open file. @param length in bytes; 0: everything from `offset`. */
export function releaseKernelLock(descriptor: number, offset = 0, length = 0): void {
  unlock(descriptor, offset, length);
}
