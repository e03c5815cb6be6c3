import { sha256File } from '@holdfast/durable';
import { RunFolderError } from '@holdfast/run-folder';
import type { Result } from './open-result.js';

/** Which files of a result a command reads, beside the IDs. */
export interface ProveOptions {
  /** Outputs by name. Default: none. */
  outputs?: readonly string[];
  /** Whether it reads `sequences.tsv`. Default false. */
  sequences?: boolean;
  signal?: AbortSignal | undefined;
}

const NEVER = new AbortController().signal;

/**
 * Reads files of a result in full, and compares them with their SHA-256 in `result.json`. Their lengths, which `openResult` compares, tell
 * nothing of a flipped bit, nor of two IDs that changed places.
 *
 * @throws RunFolderError that names the file that differs; the signal's reason.
 */
export async function proveResult(
  result: Result,
  { outputs = [], sequences = false, signal = NEVER }: ProveOptions = {},
): Promise<void> {
  const { folder, record, ids } = result;
  const paths = [ids, ...(sequences ? [result.sequences] : []), ...outputs.flatMap(result.filesOf)];
  for (const path of paths) {
    if (path === null) continue;
    // A file of a further output is named with its folder.
    const known = record.files.find(({ file }) => path.endsWith(`/${file}`));
    if ((await sha256File(path, signal)) !== known?.sha256)
      throw new RunFolderError(
        `${path}: it is not the file that the run wrote (its SHA-256 is not that in result.json); holdfast verify ${folder} says what to do`,
      );
  }
}
