import { counted } from '@holdfast/options';
/**
 * A checkpoint could not be written, or its `onDurable` failed. `path` names the checkpoint, `cause` is the
 * error of the disk, the encoder or the callback.
 */
export class CheckpointWriteError extends Error {
  readonly code = 'checkpoint_write';
  override readonly name = 'CheckpointWriteError';

  constructor(
    readonly path: string,
    cause: unknown,
    /** Whether the checkpoint is durable: then `onDurable` failed, and it must not be written again. */
    readonly onDisk = false,
  ) {
    const what = onDisk
      ? 'the checkpoint is durable, but onDurable failed'
      : 'the checkpoint could not be written';
    super(`${path}: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Writes failed since the last call; `errors` holds each. */
export class CheckpointWritesError extends AggregateError {
  readonly code = 'checkpoint_writes';
  override readonly name = 'CheckpointWritesError';

  constructor(errors: readonly CheckpointWriteError[]) {
    super(
      errors,
      `${counted(errors.length, 'checkpoint')} could not be written or recorded:\n${errors.map((e) => e.message).join('\n')}`,
    );
  }
}
