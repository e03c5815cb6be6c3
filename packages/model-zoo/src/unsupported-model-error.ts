import { clipped } from './shown.js';

/** A model of a kind that cannot be built. */
export class UnsupportedModelError extends Error {
  override readonly name = 'UnsupportedModelError';
  readonly code = 'model_unsupported';
  readonly path: string;
  readonly what: string;

  /** @param what continues the sentence that the path begins. */
  constructor(path: string, what: string) {
    super(`${path}: ${clipped(what)}`);
    this.path = path;
    this.what = what;
  }
}
