import type { StopSignal } from '@holdfast/process';

/** The process exit codes of the command. */
export const ExitCode = {
  complete: 0,
  unexpected: 1,
  badInput: 2,
  /** Complete, but some sequences are quarantined. */
  quarantined: 3,
  shardsFailed: 4,
  interrupted: 130,
  terminated: 143,
} as const;

/** What the user asked for cannot be done as asked: exit code 2, and the one-line message says what to do. */
export class UsageError extends Error {
  readonly code = 'usage';
  override readonly name = 'UsageError';
}

/** The run ended without a result, for a reason that its workers found; what was done is kept. */
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

/** Whether a system's words, or its code, say that the disk is full. */
export const isDiskFull = (said: string): boolean => /\b(ENOSPC|EDQUOT)\b/.test(said);

/** A signal ended the run; what was done is kept. */
export class StoppedError extends Error {
  readonly code = 'stopped';
  override readonly name = 'StoppedError';

  constructor(readonly signal: StopSignal) {
    super(`stopped by ${signal}`);
  }
}
