import { resolve } from 'node:path';

/** A file in the cache of Hugging Face: its model, and its commit unless it is named by its checksum. */
const CACHED = /\/models--([^/]+?)--([^/]+)\/(?:snapshots\/([^/]+)|blobs)\//;

/**
 * How to get a damaged file of a model again: in the cache of Hugging Face, files are checked and replaced one by one.
 *
 * @param elsewhere what to do with a file that is not in that cache.
 */
export function downloadAgain(
  path: string,
  elsewhere = 'download all files of the model again, from the same revision',
): string {
  const [, owner, name, commit] = CACHED.exec(resolve(path)) ?? [];
  if (owner === undefined) return elsewhere;
  const revision = commit === undefined ? '' : `@${commit}`;
  return `run \`holdfast models get ${owner}/${name}${revision}\`, which checks every file of it, and downloads again what is damaged`;
}
