/** A lock was not acquired in time. `holder` is what its holder wrote into the lock file, if anything. */
export class LockTimeoutError extends Error {
  readonly code = 'lock_timeout';
  override readonly name = 'LockTimeoutError';

  constructor(
    readonly path: string,
    readonly timeoutMs: number,
    readonly holder: string | null,
  ) {
    const who = holder === null ? 'another process' : holder;
    super(
      `${path} is locked by ${who}${timeoutMs > 0 ? ` and was not released within ${timeoutMs / 1000} s` : ''}`,
    );
  }
}

/** The file system has no working advisory locks, so processes cannot share a file here. */
export class LockUnsupportedError extends Error {
  readonly code = 'lock_unsupported';
  override readonly name = 'LockUnsupportedError';

  constructor(
    readonly path: string,
    /** The file system's error, or what is wrong with its locks. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${path}: the file system has no working advisory locks (${reason}); put the run's folder on a local disk, or mount this one with locks (NFS: not "nolock", and with lockd running)`,
      options,
    );
  }
}
