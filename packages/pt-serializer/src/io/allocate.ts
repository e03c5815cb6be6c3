import { PtFormatError } from '../format-error.js';

/**
 * Allocates uninitialized memory.
 *
 * @throws PtFormatError (`limit`) if Node or the machine does not have enough.
 */
export function allocate(length: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(length);
  } catch (cause) {
    throw new PtFormatError('limit', `${length} bytes do not fit in memory; read fewer rows`, {}, { cause });
  }
}
