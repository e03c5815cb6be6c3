import { isSafetensors } from '@holdfast/model-zoo';
import { type ChecksInOrder, openPt, PtFormatError } from '@holdfast/pt-serializer';
import { ModelError } from '../model-error.js';
import { downloadAgain } from './download-again.js';
import { modelError } from './published-error.js';

/**
 * The checks of a file of published weights, to be fed with all its bytes in order: PyTorch's archive has a CRC-32 for each
 * member. Safetensors and the container before PyTorch 1.6 have no checksum, so there is nothing to check.
 *
 * @throws ModelError `model_load`, also from the checks, for a file that is damaged; it names the member.
 */
export async function weightsChecks(path: string): Promise<ChecksInOrder> {
  if (isSafetensors(path)) return { update: () => undefined, end: () => undefined };
  try {
    await using file = await openPt(path, { checksums: 'never', unknown: 'opaque' });
    const checks = file.checksInOrder();
    const named = (check: () => void) => {
      try {
        check();
      } catch (error) {
        throw damaged(path, error);
      }
    };
    return { update: (bytes) => named(() => checks.update(bytes)), end: () => named(() => checks.end()) };
  } catch (error) {
    throw modelError(error);
  }
}

function damaged(path: string, error: unknown): unknown {
  if (!(error instanceof PtFormatError)) return error;
  const what = `is damaged at its member ${error.member}: ${error.reason}`;
  return new ModelError('model_load', path, what, downloadAgain(path, 'download it again'), { cause: error });
}
