export { FileLock, type FileLockOptions } from './file-lock.js';
export { releaseKernelLock, tryKernelLock } from './kernel-lock.js';
export { isLocalDisk } from './local-disk.js';
export { LockTimeoutError, LockUnsupportedError } from './lock-errors.js';
export { type Mount, mountOf } from './mount.js';
export { type LockLook, type LockState, lookAtLock } from './probe.js';
