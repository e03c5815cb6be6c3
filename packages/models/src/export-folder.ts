import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectoryDurably, removeDurably, writeFileDurably } from '@holdfast/durable';
import { FileLock, LockTimeoutError } from '@holdfast/file-lock';
import { ModelError } from '@holdfast/gpu-runtime';
import { ExportBusyError } from './export-busy-error.js';

/** Held by the process that exports. */
const LOCK = '.holdfast-export.lock';
/** There as long as an export is not complete. */
const MARK = '.holdfast-export';
/** What an export writes. */
const OURS =
  /^(holdfast\.json|config\.json|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|vocab\.txt|model\.onnx|model\.onnx_data)(\.tmp)?$/;

/** @throws ModelError `model_mismatch` for a folder that holds more than the rest of an export that was cut off. */
export function refuseFull(folder: string): void {
  if (restIn(folder) === null)
    throw new ModelError('model_mismatch', folder, 'is not empty', 'name a new folder');
}

/** @throws ModelError `model_file_missing` for a folder whose export is not complete. */
export function refuseCutOff(folder: string): void {
  if (!existsSync(join(folder, MARK))) return;
  throw new ModelError(
    'model_file_missing',
    folder,
    `holds an export that was cut off, or is still being written (it has ${MARK})`,
    `run \`holdfast models export MODEL --to ${folder}\` again, with the model that it was begun with`,
  );
}

/**
 * Makes a folder that is empty, and this process's alone until the work ends. The rest of an export that was cut off is removed.
 *
 * @throws ModelError as {@link refuseFull}; ExportBusyError if another process writes there; LockUnsupportedError; what the work
 * and the file system throw.
 */
export async function inOwnFolder(folder: string, work: () => Promise<void>): Promise<void> {
  await makeDirectoryDurably(folder);
  const lock = join(folder, LOCK);
  await using _held = await FileLock.acquire(lock, { timeoutMs: 0 }).catch((error: unknown) => {
    throw error instanceof LockTimeoutError ? new ExportBusyError(folder, error.holder, error) : error;
  });
  try {
    // Another export may have been completed since the folder was looked at.
    refuseFull(folder);
    await writeFileDurably(join(folder, MARK), '');
    for (const name of restIn(folder) ?? []) await removeDurably(join(folder, name));
    await work();
    await removeDurably(join(folder, MARK));
  } finally {
    // Whoever waits for it notices that it is gone.
    await removeDurably(lock);
  }
}

/** The files of an export that was cut off; none in an empty folder. Null: the folder holds something else. */
function restIn(folder: string): string[] | null {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder);
  const others = names.filter((name) => name !== LOCK && name !== MARK);
  if (others.length === 0) return [];
  return names.includes(MARK) && others.every((name) => OURS.test(name)) ? others : null;
}
