/** This machine or model cannot do what was asked. The message names the remedy. */
export class PreflightError extends Error {
  readonly code = 'preflight';
  override readonly name = 'PreflightError';
}

/** A helper gave no answer. The cause may be the machine, and may pass. */
export class NoAnswerError extends Error {
  readonly code = 'no_answer';
  override readonly name = 'NoAnswerError';
}
