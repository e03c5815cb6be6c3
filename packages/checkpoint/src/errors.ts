/** A checkpoint that could not be written. `path` names it, `cause` is what the disk or the encoder said. */
export class CheckpointWriteError extends Error {
  readonly code = 'checkpoint_write';
  override readonly name = 'CheckpointWriteError';

  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(
      `${path}: the checkpoint could not be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

/** Several writes failed since the last call; `errors` holds each. */
export class CheckpointWritesError extends AggregateError {
  readonly code = 'checkpoint_writes';
  override readonly name = 'CheckpointWritesError';

  constructor(errors: readonly CheckpointWriteError[]) {
    super(
      errors,
      `${errors.length} checkpoint(s) could not be written:\n${errors.map((e) => e.message).join('\n')}`,
    );
  }
}
