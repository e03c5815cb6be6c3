import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { callback, checkOptions, object, words } from '@holdfast/options';

const folderOptions = object<NonNullable<Parameters<typeof validateCheckpointDir>[1]>>({
  onWarning: callback,
});

/** Errors that another look would meet as well. */
const LASTING = new Set(['ENOTDIR', 'EISDIR', 'EPERM', 'EACCES']);

/**
 * Looks at a shard's checkpoints before a worker is given it again: removes temporary files that a dead worker left behind,
 * and warns of checkpoints without their marker, which count as not written. No worker may be writing there.
 *
 * @returns whether the folder can be gone on with, as one can that is not there yet.
 * @throws what the system says where it may say otherwise the next time, as of a disk that does not answer.
 */
export async function validateCheckpointDir(
  folder: string,
  options: { onWarning?: (message: string) => void } = {},
): Promise<boolean> {
  checkOptions('validateCheckpointDir', folder, words, 'folder');
  checkOptions('validateCheckpointDir', options, folderOptions);
  const { onWarning = (message) => process.emitWarning(message) } = options;
  try {
    const names = await readdir(folder);
    const checkpoints = names.filter((name) => name.endsWith('.pt'));
    const unmarked = checkpoints.filter((name) => !names.includes(`${name}.done`));
    if (unmarked.length > 0)
      onWarning(
        `${folder}: ${unmarked.length} of ${checkpoints.length} checkpoints have no .done marker (${unmarked[0]}…) and count as not written`,
      );
    for (const name of names) if (name.endsWith('.tmp')) await unlink(join(folder, name));
    return true;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (!LASTING.has(code)) throw error;
    onWarning(`${folder}: its checkpoints cannot be looked at (${message})`);
    return false;
  }
}
