import type { WorkerStatus } from '../workers/worker-status.js';
import { ERROR_KINDS, type ErrorKind, EVIDENCE, FAILURE_KINDS } from './failure-kinds.js';

/**
 * Classifies a failure by how the worker ended and by its error text: the first row of `FAILURE_KINDS` that
 * has the strongest evidence.
 */
export function classifyError(end: WorkerStatus): ErrorKind {
  for (const evidence of EVIDENCE) {
    const found = ERROR_KINDS.find((kind) => FAILURE_KINDS[kind].signs[evidence]?.(end));
    if (found !== undefined) return found;
  }
  // An unexplained failure may pass.
  return 'transient';
}
