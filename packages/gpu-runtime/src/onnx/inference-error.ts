import { failureKind, type InferenceFailureKind } from './failure-kind.js';

/** The size of the batch that failed: sequences, and tokens of each with padding. */
export interface FailedBatch {
  model: string;
  sequences: number;
  tokens: number;
}

const ADVICE: Readonly<Record<InferenceFailureKind, string>> = {
  cuda_oom: 'retry with fewer tokens in a batch',
  cuda_runtime: 'if it fails again, a sequence of this batch is at fault: bisect the batch to find it',
};

/** A batch that the model could not embed. `cause` is ONNX Runtime's error. */
export class InferenceError extends Error {
  readonly code = 'inference';
  override readonly name = 'InferenceError';
  readonly kind: InferenceFailureKind;
  /** The model's name. */
  readonly model: string;
  /** Sequences in the batch. */
  readonly sequences: number;
  /** Tokens of each sequence, padding included. */
  readonly tokens: number;
  /** ONNX Runtime's error text, without advice. */
  readonly reason: string;

  constructor({ model, sequences, tokens }: FailedBatch, cause: unknown) {
    const kind = failureKind(cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${model}: a batch of ${sequences} × ${tokens} tokens failed (${reason}); ${ADVICE[kind]}`, {
      cause,
    });
    this.reason = reason;
    this.kind = kind;
    this.model = model;
    this.sequences = sequences;
    this.tokens = tokens;
  }
}
