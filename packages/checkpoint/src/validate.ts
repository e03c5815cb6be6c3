import { checkOptions } from '@holdfast/options';
import { isPath } from './argument-checks.js';
import { InvalidCheckpointError, openCheckpoint } from './read/open.js';

/** Whether a `.pt` is a valid checkpoint: `[true, '']`, or `[false, reason]`. */
export async function validateCheckpointPt(path: string): Promise<[valid: boolean, reason: string]> {
  checkOptions('validateCheckpointPt', path, isPath, 'path');
  try {
    await (await openCheckpoint(path))[Symbol.asyncDispose]();
    return [true, ''];
  } catch (error) {
    if (error instanceof InvalidCheckpointError) return [false, error.reason];
    throw error;
  }
}
