import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isSafetensors } from '@holdfast/model-zoo';
import { type ChecksInOrder, openPt, PtFormatError } from '@holdfast/pt-serializer';
import { ModelError } from '../model-error.js';
import { downloadAgain } from './download-again.js';
import { modelError } from './published-error.js';

/**
 * The checks of a file of a model, to be fed with all its bytes in order: PyTorch's archive has a CRC-32 for each
 * member, and the cache of Hugging Face names large files by their SHA-256. Safetensors and the container before PyTorch 1.6
 * have no checksum of their own.
 *
 * @param published whether it holds published weights; else it is an ONNX graph or belongs to one.
 * @throws ModelError `model_load`, also from the checks, for a file that is damaged; it names the member.
 */
export async function checksOf(path: string, published: boolean): Promise<ChecksInOrder> {
  const all = [await namedByDigest(path), published ? await archiveChecks(path) : null];
  return {
    update(bytes) {
      for (const checks of all) checks?.update(bytes);
    },
    end() {
      for (const checks of all) checks?.end();
    },
  };
}

/** Null for a file that is not named by its SHA-256. */
async function namedByDigest(path: string): Promise<ChecksInOrder | null> {
  const blob = await realpath(path);
  const digest = basename(blob);
  if (basename(dirname(blob)) !== 'blobs' || !/^[0-9a-f]{64}$/.test(digest)) return null;
  const hash = createHash('sha256');
  return {
    update: (bytes) => void hash.update(bytes),
    end: () => {
      if (hash.digest('hex') === digest) return;
      const what = `is damaged: its bytes differ from the SHA-256 that names it in the cache, ${digest}`;
      throw new ModelError('model_load', path, what, downloadAgain(path, 'download it again'));
    },
  };
}

async function archiveChecks(path: string): Promise<ChecksInOrder | null> {
  if (isSafetensors(path)) return null;
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
