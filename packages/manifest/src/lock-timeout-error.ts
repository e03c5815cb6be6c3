/** A lock was not had in time. `holder` is what its holder wrote into the lock file, if anything. */
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
      `${path} is locked by ${who}${timeoutMs > 0 ? `, and was not free within ${timeoutMs / 1000} s` : ''}`,
    );
  }
}
