import type { WorkerStatus } from '../workers/worker-status.js';
import { ERROR_KINDS, type ErrorKind, EVIDENCE, FAILURE_KINDS } from './failure-kinds.js';

/** Tells the kind of a failure from how the worker ended and what it said: the first row of `FAILURE_KINDS` with the strongest evidence. */
export function classifyError(end: WorkerStatus): ErrorKind {
  for (const evidence of EVIDENCE) {
    const found = ERROR_KINDS.find((kind) => FAILURE_KINDS[kind].signs[evidence]?.(end));
    if (found !== undefined) return found;
  }
  // What nothing explains may pass.
  return 'transient';
}
