import { readFile, stat } from 'node:fs/promises';
import {
  type Checkpoint,
  formatMarker,
  InvalidCheckpointError,
  markerPath,
  openCheckpoint,
  parseMarker,
} from '@holdfast/checkpoint';
import { systemErrorCode } from '@holdfast/durable';

/** Most bytes of a marker. */
const MOST = 4096;

/** What is wrong with a checkpoint's file or marker. */
export interface FileProblem {
  path: string;
  problem: string;
}

/**
 * Compares a checkpoint's length with its marker, and the marker's text with how it is written: any other byte is damage, though a
 * reader may understand it. Null if both are right.
 */
export async function markerProblem(path: string): Promise<FileProblem | null> {
  const marker = markerPath(path);
  const text = await textOf(marker);
  if (text === null) return { path, problem: 'missing .done marker' };
  const parsed = parseMarker(text);
  // Only the original Python wrote empty markers, and it wrote no checkpoint of a run.
  if (parsed === 'empty') return { path: marker, problem: 'the marker is empty: it was cut off' };
  if (parsed === null || formatMarker(parsed) !== text)
    return { path: marker, problem: 'damaged .done marker' };
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : -1),
    (error: unknown) => {
      if (systemErrorCode(error) === 'ENOENT') return null;
      throw error;
    },
  );
  if (size === null) return { path, problem: 'file is missing' };
  if (size < 0) return { path, problem: 'not a regular file' };
  if (size === parsed.bytes) return null;
  return { path, problem: `${size} bytes, but its .done marker says ${parsed.bytes}` };
}

/**
 * Opens a checkpoint after every byte of it was compared with its marker's checksum and the archive's own.
 *
 * @param use called with the checkpoint; what it returns is wrong with it, too. Called as well if only bytes are damaged, so that
 * what the checkpoint says of itself is known; its rows must then not be trusted.
 */
export async function checkpointProblem(
  path: string,
  signal: AbortSignal,
  use: (checkpoint: Checkpoint, damaged: boolean) => Promise<string | null>,
): Promise<FileProblem | null> {
  const wrong = await markerProblem(path);
  if (wrong !== null) return wrong;
  try {
    await using checkpoint = await openCheckpoint(path, 'length');
    const damage = await checkpoint.proof(signal);
    const problem = damage ?? (await use(checkpoint, false));
    if (damage !== null) await use(checkpoint, true);
    return problem === null ? null : { path, problem };
  } catch (error) {
    if (error instanceof InvalidCheckpointError) return { path, problem: error.reason };
    throw error;
  }
}

/** Null if there is no such file; empty text of what is too large, or no file, is no marker either. */
async function textOf(path: string): Promise<string | null> {
  try {
    const { size } = await stat(path);
    return size > MOST ? 'too large' : await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
