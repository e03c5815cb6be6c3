import { clipped } from './shown.js';

/** A model of a kind that cannot be built. */
export class UnsupportedModelError extends Error {
  override readonly name = 'UnsupportedModelError';
  readonly code = 'model_unsupported';
  readonly path: string;
  readonly what: string;
  /** What to do, if it is known better than for any other model. */
  readonly remedy: string | null;

  /** @param what continues the sentence that the path begins. */
  constructor(path: string, what: string, remedy: string | null = null) {
    super(`${path}: ${clipped(what)}`);
    this.path = path;
    this.what = what;
    this.remedy = remedy;
  }
}
