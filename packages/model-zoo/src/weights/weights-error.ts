import { clipped } from '../shown.js';

/** A file of weights that breaks its format, or lacks what a model needs. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
  readonly code: 'weights_format' | 'weights_missing' | 'weights_mismatch' | 'weights_unusable';
  readonly path: string;

  /** @param what continues the sentence that the path begins. */
  constructor(code: WeightsError['code'], path: string, what: string, options?: ErrorOptions) {
    super(`${path}: ${clipped(what)}`, options);
    this.code = code;
    this.path = path;
  }
}
