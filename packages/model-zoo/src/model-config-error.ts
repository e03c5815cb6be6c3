import { clipped } from './shown.js';

/** A configuration that asks for something that a family's graph does not do. */
export class ModelConfigError extends Error {
  override readonly name = 'ModelConfigError';
  readonly code = 'model_config';
  readonly path: string;
  readonly problems: readonly string[];

  /** @param problems a key each, with its value and what that means. */
  constructor(path: string, family: string, problems: readonly string[]) {
    super(`${path}: not a plain ${family}: ${clipped(problems.join('; '))}`);
    this.path = path;
    this.problems = problems;
  }
}
