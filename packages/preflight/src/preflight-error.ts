/** What was asked for cannot be had on this machine, or with this model; the message says what to do. */
export class PreflightError extends Error {
  readonly code = 'preflight';
  override readonly name = 'PreflightError';
}

/** A trial gave no answer, for a reason that may be the machine's and may pass. */
export class NoAnswerError extends Error {
  readonly code = 'no_answer';
  override readonly name = 'NoAnswerError';
}
