import { realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { chooseFiles } from './choose-files.js';
import { isProven } from './download-file.js';
import { HubError } from './hub-error.js';
import { formatHubName, type HubName } from './hub-name.js';
import { type CachedModel, filesIn } from './model-cache.js';

/** What the cache calls a file: SHA-256, or git's SHA-1. */
const CHECKSUM = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Checks the files of a model in the cache without a network: each is named by its checksum there. A file that somebody put there
 * under another name cannot be checked.
 *
 * @throws HubError `hub_damaged` that names the files that differ; the signal's reason; what the file system throws.
 */
export async function refuseDamaged(
  name: HubName,
  { folder }: CachedModel,
  signal: AbortSignal,
): Promise<void> {
  const damaged: string[] = [];
  for (const file of chooseFiles(filesIn(folder)) ?? []) {
    const path = realpathSync(join(folder, file));
    const etag = basename(path);
    if (!CHECKSUM.test(etag)) continue;
    const { size: bytes } = statSync(path);
    if (!(await isProven({ name: file, bytes, etag }, path, signal))) damaged.push(file);
  }
  if (damaged.length === 0) return;
  throw new HubError(
    'hub_damaged',
    formatHubName(name),
    `differs from its checksums in the cache of Hugging Face (${damaged.map((file) => join(folder, file)).join(', ')}), and HF_HUB_OFFLINE forbids the network`,
    `run \`holdfast models get ${formatHubName(name)}\` where there is a network, with the same cache: it downloads again what is damaged`,
  );
}
