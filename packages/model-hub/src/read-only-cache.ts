import { statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { isProven } from './download-file.js';
import type { Download } from './download-files.js';
import { HubError } from './hub-error.js';
import { formatHubName } from './hub-name.js';
import type { HubFile } from './listing.js';
import { cachedModel } from './model-cache.js';

const READ_ONLY = ['EACCES', 'EPERM', 'EROFS'];
/** The cache's place cannot become a folder: a link to nowhere, a file, a place like /proc. */
const NO_FOLDER = ['ENOENT', 'ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG'];

/**
 * After the cache could not be locked: null if that is because it is read-only, and nothing is left to write.
 *
 * @throws HubError `hub_read_only` if it is read-only and something is missing, or cannot be made; else the error itself.
 */
export async function nullIfComplete(
  files: readonly HubFile[],
  download: Omit<Download, 'client'>,
  error: unknown,
): Promise<null> {
  const code = systemErrorCode(error) ?? '';
  const { name, options } = download;
  if (NO_FOLDER.includes(code))
    throw new HubError(
      'hub_read_only',
      formatHubName(name),
      `cannot be downloaded, since the cache of Hugging Face (${options.settings.cache}) cannot be made there (${code})`,
      'set HF_HUB_CACHE, or HF_HOME, to a folder that can be made',
      { cause: error },
    );
  if (!READ_ONLY.includes(code)) throw error;
  if (await isComplete(files, download)) return null;
  throw new HubError(
    'hub_read_only',
    formatHubName(name),
    `is not complete in the cache of Hugging Face (${options.settings.cache}), and this user cannot write there (${code})`,
    'let this user write there (chmod, chown), or set HF_HUB_CACHE to a folder of your own',
    { cause: error },
  );
}

/** Whether every file is there with its checksum, and the revision means this commit. */
async function isComplete(
  files: readonly HubFile[],
  { name, listing, options }: Omit<Download, 'client'>,
): Promise<boolean> {
  const { settings, signal } = options;
  const cached = await cachedModel(name, settings.cache);
  if (cached?.commit !== listing.commit) return false;
  for (const file of files) {
    const path = join(cached.folder, file.name);
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (size !== file.bytes || !(await isProven(file, path, signal))) return false;
  }
  return true;
}
