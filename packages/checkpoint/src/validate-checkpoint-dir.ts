import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { callback, checkOptions, counted, grouped, object, words } from '@holdfast/options';
import { claimOfFolder } from './names.js';

const folderOptions = object<NonNullable<Parameters<typeof validateCheckpointDir>[1]>>({
  onWarning: callback,
});

/** Errors that a retry would meet again. */
const PERMANENT = new Set(['ENOTDIR', 'EISDIR', 'EPERM', 'EACCES']);

/**
 * Checks a shard's folder before the shard is assigned again: removes temporary files of a dead worker, and
 * warns of checkpoints without a marker, which count as not written. No worker may be writing there.
 *
 * @returns whether work in the folder can go on; true if it does not exist yet.
 * @throws system errors that may pass, such as of a disk that does not answer.
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
    const [first, ...others] = unmarked;
    if (first !== undefined) {
      const [have, count, more] = others.length === 0 ? ['has', 'counts', ''] : ['have', 'count', ', …'];
      onWarning(
        `${folder}: ${grouped(unmarked.length)} of ${counted(checkpoints.length, 'checkpoint')} ${have} no .done marker (${first}${more}) and ${count} as not written`,
      );
    }
    // The shard's next worker goes on with the folder of a claim, or removes it.
    for (const name of names)
      if (name.endsWith('.tmp') && claimOfFolder(name) === null) await unlink(join(folder, name));
    return true;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (!PERMANENT.has(code)) throw error;
    onWarning(`${folder}: its checkpoints cannot be checked (${message})`);
    return false;
  }
}
