import { hasChanged } from '../errors.js';

/** The model is no longer that of the run, so no worker can go on. */
export class ModelChangedError extends Error {
  /** The coordinator ends the run by it. */
  readonly code = 'unworkable';
  override readonly name = 'ModelChangedError';

  /** @param path of what has changed, as far as it is known. */
  constructor(path: string) {
    super(hasChanged(path));
  }
}
