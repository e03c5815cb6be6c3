import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { inWords, systemErrorIn, systemTrouble } from '@holdfast/durable';
import { inBytes } from '@holdfast/options';

/** Holdfast's cache cannot take weights that were made. `path` is the cache's folder, or the variable that names it. */
export class CacheError extends Error {
  override readonly name = 'CacheError';
  readonly code = 'cache_unusable';

  constructor(
    readonly path: string,
    what: string,
    readonly remedy: string,
    /** Whether the same command may work later without a change: the disk has room again, or answers. */
    readonly passing: boolean,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${what}; ${remedy}`, options);
  }
}

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);

/**
 * The error for weights that could not be written.
 *
 * @param file of the weights. @param bytes that it would have.
 * @returns the cause itself if it is not from the file system.
 */
export function cacheError(file: string, bytes: number, cause: unknown): unknown {
  const trouble = systemTrouble(systemErrorIn(cause));
  if (trouble === null) return cause;
  const folder = dirname(file);
  const size = inBytes(bytes);
  const full = NO_ROOM.has(trouble.code);
  const room = full ? roomIn(folder) : null;
  const remedy = full ? `make room for ${size} there` : trouble.remedy.write;
  return new CacheError(
    folder,
    `this folder of Holdfast's cache cannot take ${size} of converted weights (${inWords(trouble)}${room === null ? '' : `, ${inBytes(room)} are free`})`,
    `${remedy}, or set HOLDFAST_CACHE to a folder ${full ? 'with room' : 'that this user can write to'}, then rerun the same command`,
    trouble.passing,
    { cause },
  );
}

/** Free bytes of a disk; null: unknown. */
function roomIn(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
