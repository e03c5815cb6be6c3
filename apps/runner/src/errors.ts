import { systemErrorIn, systemTrouble } from '@holdfast/durable';
import { ModelError } from '@holdfast/gpu-runtime';
import type { StopSignal } from '@holdfast/process';

/** The process exit codes of the command. */
export const ExitCode = {
  complete: 0,
  unexpected: 1,
  badInput: 2,
  /** Complete, but some sequences are quarantined. */
  quarantined: 3,
  shardsFailed: 4,
  /** `holdfast verify` found damage. */
  damaged: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** The command cannot do what it was asked to: exit code 2. The one-line message names the remedy. */
export class UsageError extends Error {
  readonly code = 'usage';
  override readonly name = 'UsageError';
}

/** Says that the model is no longer the run's. @param path of what has changed, as far as it is known. */
export const hasChanged = (path: string): string =>
  `${path}: the model has changed since the run was planned`;

/** @param what says that the model has changed; see {@link hasChanged}. */
export const refusedChange = (what: string): UsageError =>
  new UsageError(
    `${what}; finished work is kept, and no row is of the changed model. Restore the original model and rerun the same command to resume, or start over with --force-restart`,
  );

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
export const isDiskFull = (errorText: string): boolean => /\b(ENOSPC|EDQUOT)\b/.test(errorText);

/** A signal stopped the run. Finished work is kept. */
export class StoppedError extends Error {
  readonly code = 'stopped';
  override readonly name = 'StoppedError';

  constructor(readonly signal: StopSignal) {
    super(`stopped by ${signal}`);
  }
}
