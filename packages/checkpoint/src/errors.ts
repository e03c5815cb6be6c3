/**
 * A checkpoint that could not be written, or whose `onDurable` failed. `path` names it, `cause` is what the disk, the encoder
 * or the callback said.
 */
export class CheckpointWriteError extends Error {
  readonly code = 'checkpoint_write';
  override readonly name = 'CheckpointWriteError';

  constructor(
    readonly path: string,
    cause: unknown,
    /** Whether the checkpoint is on disk and lasts; then `onDurable` failed, and it is not to be written again. */
    readonly onDisk = false,
  ) {
    const what = onDisk
      ? 'the checkpoint lasts, but onDurable failed'
      : 'the checkpoint could not be written';
    super(`${path}: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Several writes failed since the last call; `errors` holds each. */
export class CheckpointWritesError extends AggregateError {
  readonly code = 'checkpoint_writes';
  override readonly name = 'CheckpointWritesError';

  constructor(errors: readonly CheckpointWriteError[]) {
    super(
      errors,
      `${errors.length} checkpoint(s) could not be written or recorded:\n${errors.map((e) => e.message).join('\n')}`,
    );
  }
}
