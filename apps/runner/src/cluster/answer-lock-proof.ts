import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { FileLock, LockTimeoutError, LockUnsupportedError } from '@holdfast/file-lock';
import { layout } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import { isNonce, mountAt, type ProofAnswer, proofFiles, textIn } from './lock-proof.js';

/**
 * The part of a node in `proveLocks`: tries to take the lock once, and writes a file for the other machine to see.
 *
 * @param dir the run's folder. @param nonce what the other machine wrote there.
 * @throws UsageError for another nonce; what the file system throws.
 */
export async function answerLockProof(dir: string, nonce: string): Promise<ProofAnswer> {
  if (!isNonce(nonce))
    throw new UsageError(
      `--lock-proof ${nonce}: this is not what holdfast submit gives; run holdfast doctor without it`,
    );
  const place = layout(dir);
  const files = proofFiles(place, nonce);
  const answer = { lock_proof: 1, host: hostname(), mount: mountAt(dir) } as const;
  if ((await textIn(files.here)) !== nonce)
    return { ...answer, sees: false, lock: null, reason: `${files.here} is not there` };
  await writeFile(files.there, nonce);
  try {
    await (await FileLock.acquire(files.lock, { timeoutMs: 0 })).release();
    return { ...answer, sees: true, lock: 'granted', reason: null };
  } catch (error) {
    if (error instanceof LockTimeoutError) return { ...answer, sees: true, lock: 'refused', reason: null };
    if (!(error instanceof LockUnsupportedError)) throw error;
    return { ...answer, sees: true, lock: 'unsupported', reason: error.reason };
  }
}
