import { checkOptions } from '@holdfast/options';
import { InvalidCheckpointError, openCheckpoint } from './open.js';
import { isPath } from './option-checks.js';

/** Whether a `.pt` is a whole checkpoint: `[true, '']`, or `[false, reason]`. */
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
