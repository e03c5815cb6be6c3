import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { claimFolderName, claimOfFolder } from '@holdfast/checkpoint';
import { isThere, makeDirectoryDurably, systemErrorCode } from '@holdfast/durable';

/** How often to empty a folder into which a stopped writer may still be putting files. */
const TRIES = 100;

/**
 * Makes the folder through which the owner of a shard's claim writes (see `fencedFileSystem`), and removes those of all earlier
 * owners: whoever of them is still alive, on whatever machine, changes nothing in the shard any more.
 *
 * @param folder the shard's; it must exist.
 * @param token the fencing token of the claim.
 * @param stillOwner throws unless the token is the shard's current one. Asked after the folder is made: a later owner finds it.
 * @returns the path of the claim's folder.
 */
export async function takeClaimFolder(
  folder: string,
  token: string,
  stillOwner: () => Promise<void>,
): Promise<string> {
  const own = join(folder, nameOf(token));
  await makeDirectoryDurably(own);
  try {
    await stillOwner();
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    throw error;
  }
  await evictClaims(folder, own);
  return own;
}

/** Removes the claim folders in a shard's folder. @param except the path of the one that stays. */
export async function evictClaims(folder: string, except?: string): Promise<void> {
  const { attempt: newest, manifest } = claimOfFolder(basename(except ?? '')) ?? {
    attempt: Number.POSITIVE_INFINITY,
  };
  for (const name of await readdir(folder)) {
    const claim = claimOfFolder(name);
    // A later owner's is not for an earlier one to remove.
    if (claim === null || (claim.manifest === manifest && claim.attempt >= newest)) continue;
    await evict(folder, name);
  }
}

/** Removes the folder of a claim that is over. */
export const leaveClaimFolder = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

async function evict(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  for (let left = TRIES; isThere(path); left--) {
    // A file that was being set aside already has its last name; a crash came in between.
    for (const file of await readdir(path).catch(ifGone([])))
      if (file.endsWith('.tmp') || isThere(join(folder, file))) await rm(join(path, file), { force: true });
      else await rename(join(path, file), join(folder, file)).catch(ifGone(undefined));
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      if (left === 0 || systemErrorCode(error) !== 'ENOTEMPTY') throw error;
    }
  }
}

const ifGone =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return instead;
  };

/** Unique among all claims of a shard: by the manifest's ID, which changes when it is rebuilt, and the number of the claim. */
function nameOf(token: string): string {
  const [manifest = '', , attempt = ''] = token.split('/');
  const id = manifest.replace(/[^0-9a-f]/g, '').slice(0, 12);
  if (!/^\d+$/.test(attempt) || id === '') throw new RangeError(`${token} is not the token of a claim`);
  return claimFolderName({ attempt: Number(attempt), manifest: id });
}
