import { PtFormatError } from '../format-error.js';

/** Memory of its own, not cleared. @throws PtFormatError (`limit`) where Node or the machine has not as much. */
export function allocate(length: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(length);
  } catch (cause) {
    throw new PtFormatError('limit', `${length} bytes do not fit in memory; read fewer rows`, {}, { cause });
  }
}
