import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseFiles, looksWhole } from './choose-files.js';
import { type HubName, isCommit } from './hub-name.js';

/** A model that is in the cache. */
export interface CachedModel {
  /** Its folder, with links to its files. */
  folder: string;
  /** What its revision is, or was at the last download. */
  commit: string;
  /** Whether configuration and tokens seem to be there too, beside the weights. */
  whole: boolean;
}

/** The places of one model in the cache of Hugging Face. Its programs use the same. */
export class CachePlace {
  readonly folder: string;
  readonly blobs: string;
  /** Held by the process that downloads the model. */
  readonly lock: string;

  constructor(cache: string, id: string) {
    const name = `models--${id.replace('/', '--')}`;
    this.folder = join(cache, name);
    this.blobs = join(this.folder, 'blobs');
    this.lock = join(cache, '.locks', name, 'holdfast.lock');
  }

  ref(revision: string): string {
    return join(this.folder, 'refs', revision);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }
}

/**
 * Finds a model in the cache, without a network; null if it is not there, or only parts of it are.
 *
 * @throws what the file system throws, except that something is missing.
 */
export async function cachedModel(name: HubName, cache: string): Promise<CachedModel | null> {
  const place = new CachePlace(cache, name.id);
  const commit = isCommit(name.revision) ? name.revision : await refOf(place.ref(name.revision));
  if (commit === null) return null;
  const folder = place.snapshot(commit);
  const names = filesIn(folder);
  return chooseFiles(names) === null ? null : { folder, commit, whole: looksWhole(names) };
}

async function refOf(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'].includes(error.code ?? '')) return '';
    throw error;
  });
  return isCommit(text.trim()) ? text.trim() : null;
}

/** The files below a folder, relative to it; a link counts only if its file is there. */
export function filesIn(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
  return entries.filter((name) => isFile(join(folder, name))).sort();
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    // Links in a circle lead to no file.
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return false;
    throw error;
  }
}
