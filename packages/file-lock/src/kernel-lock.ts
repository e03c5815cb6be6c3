import { systemErrorCode } from '@holdfast/durable';
import { tryLock, unlock } from 'fs-native-extensions';
import { LockUnsupportedError } from './lock-errors.js';

/** What a file system without advisory locks answers. */
const NO_LOCKS = new Set(['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']);

export interface KernelLock {
  /** The first byte that is locked. Default 0. */
  offset?: number;
  /** Bytes; 0: all that there is or will be. Default 0. */
  length?: number;
  shared: boolean;
}

/** Tries to lock a part of an open file. @throws LockUnsupportedError where the file system has no locks. */
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

/** Lets go of a part of an open file. @param length in bytes; 0: all from `offset` on. */
export function releaseKernelLock(descriptor: number, offset = 0, length = 0): void {
  unlock(descriptor, offset, length);
}
