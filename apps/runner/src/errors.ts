import { mayBeThere, systemErrorIn, systemTrouble } from '@holdfast/durable';
import { ModelError } from '@holdfast/gpu-runtime';
import type { HubPin } from '@holdfast/models';
import type { StopSignal } from '@holdfast/process';

export { ExitCode } from './exit-codes.js';

/** The command cannot do what it was asked to: exit code 2. The one-line message names the remedy. */
export class UsageError extends Error {
  readonly code = 'usage';
  override readonly name = 'UsageError';
}

/** Says that the model is no longer the run's. @param path of what has changed, as far as it is known. */
export const hasChanged = (path: string): string =>
  `${path}: ${mayBeThere(path) ? '' : 'is gone, so '}the model has changed since the run was planned`;

/**
 * @param what says that the model has changed; see {@link hasChanged}.
 * @param hub where the model is from, if it is from the hub.
 */
export function refusedChange(what: string, hub?: HubPin): UsageError {
  const how = hub === undefined ? '' : ` (holdfast models get ${hub.id}@${hub.commit})`;
  return new UsageError(
    `${what}; finished work is kept, and no row is of the changed model. Restore the original model${how} and rerun the same command to resume, or start over with --force-restart`,
  );
}

/**
 * Resolves a model once more after a file of it was touched, for its bytes may be the same.
 *
 * @param fingerprint of the run's model. @param again reads the model's files. @param changed throws the error for another model.
 */
export async function resolvedAgain<T extends { fingerprint: string }>(
  fingerprint: string,
  again: () => Promise<T>,
  changed: () => never,
): Promise<T> {
  const now = await again().catch((error: unknown) => {
    // A model that no longer loads was changed, unless its disk does not answer.
    if (error instanceof ModelError && !systemTrouble(systemErrorIn(error))?.passing) changed();
    throw error;
  });
  if (now.fingerprint !== fingerprint) changed();
  return now;
}

/** The run ended without a result, for a reason that its workers found. Finished work is kept. */
export class RunFailedError extends Error {
  readonly code = 'run_failed';
  override readonly name = 'RunFailedError';

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** Whether an error text, or an error code, means that the disk or a quota is full. */
export const tellsOfFullDisk = (errorText: string): boolean => /\b(ENOSPC|EDQUOT)\b/.test(errorText);

/** A signal stopped the run. Finished work is kept. */
export class StoppedError extends Error {
  readonly code = 'stopped';
  override readonly name = 'StoppedError';

  constructor(readonly signal: StopSignal) {
    super(`stopped by ${signal}`);
  }
}
