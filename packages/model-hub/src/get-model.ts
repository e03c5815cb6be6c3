import { dirname } from 'node:path';
import { makeDirectoryDurably, writeFileDurably } from '@holdfast/durable';
import { FileLock, LockTimeoutError } from '@holdfast/file-lock';
import { chooseFiles } from './choose-files.js';
import { HubClient } from './client.js';
import { downloadFiles } from './download-files.js';
import type { GetOptions } from './get-options.js';
import { HubError } from './hub-error.js';
import { formatHubName, type HubName, isCommit } from './hub-name.js';
import { linkFiles } from './link-files.js';
import { type HubFile, type Listing, listModel } from './listing.js';
import { type CachedModel, CachePlace, cachedModel } from './model-cache.js';
import { nullIfComplete } from './read-only-cache.js';
import { refuseDamaged } from './refuse-damaged.js';
import { refuseUnusable } from './refuse-unusable.js';

/** Milliseconds between two reports that another process is waited for. */
const REPORT_WAIT = 60_000;

/**
 * A model's folder in the cache; if it is not there, it is downloaded. A branch that is in the cache is not asked for
 * again.
 *
 * @throws HubError; LockUnsupportedError; what the file system throws; the signal's reason.
 */
export async function findModel(name: HubName, options: GetOptions): Promise<CachedModel> {
  const { settings } = options;
  const cached = await cachedModel(name, settings.cache);
  if (cached?.whole || (cached !== null && settings.offline)) return cached;
  return getModel(name, options);
}

/**
 * Asks the hub for a model, and downloads what is missing of it. Whatever ends the process, the next call goes on. Without
 * a network, what is in the cache is checked.
 *
 * @throws like {@link findModel}.
 */
export async function getModel(name: HubName, options: GetOptions): Promise<CachedModel> {
  const { settings, signal, onEvent } = options;
  if (settings.offline) {
    const cached = await cachedModel(name, settings.cache);
    if (cached !== null) {
      await refuseDamaged(name, cached, signal);
      return cached;
    }
    throw new HubError(
      'hub_offline',
      formatHubName(name),
      `is not in the cache of Hugging Face (${settings.cache}), and HF_HUB_OFFLINE forbids the network`,
      `run \`holdfast models get ${formatHubName(name)}\` where there is a network, with the same cache, or unset HF_HUB_OFFLINE`,
    );
  }
  await using client = new HubClient({
    ...options,
    onPause: (reason, seconds) =>
      onEvent({ type: 'waiting', reason: `${reason}; trying again in ${seconds} s`, seconds }),
  });
  // Before anything is written: the name may be wrong.
  const listing = await listModel(client, name);
  const files = filesOf(name, listing);
  const place = new CachePlace(settings.cache, name.id);
  const download = { client, name, listing, place, options };
  const lock = await takePlace(place, name, options).catch((error: unknown) =>
    nullIfComplete(files, download, error),
  );
  if (lock === null) return { folder: place.snapshot(listing.commit), commit: listing.commit, whole: true };
  await using _lock = lock;
  await refuseUnusable(files, download);
  await downloadFiles(files, download);
  const folder = place.snapshot(listing.commit);
  await linkFiles(files, folder, place.blobs);
  if (!isCommit(name.revision)) {
    const ref = place.ref(name.revision);
    await makeDirectoryDurably(dirname(ref));
    await writeFileDurably(ref, listing.commit);
  }
  signal.throwIfAborted();
  return { folder, commit: listing.commit, whole: true };
}

/** The files to download, in the order in which they may become visible. */
function filesOf(name: HubName, { files }: Listing): HubFile[] {
  const names = files.map((file) => file.name);
  const chosen = chooseFiles(names);
  if (chosen !== null) return chosen.map((each) => files.find((file) => file.name === each)!);
  const some = names
    .filter((each) => /\.(safetensors|bin|pth?|onnx|h5|msgpack|gguf)$/.test(each))
    .slice(0, 8);
  throw new HubError(
    'hub_no_model',
    formatHubName(name),
    `has no weights that can be used (it has ${some.join(', ') || 'no file of weights at all'})`,
    'choose a model with model.safetensors, pytorch_model.bin, or onnx/model.onnx',
  );
}

/** Makes the model's folder, and takes its lock. */
async function takePlace(place: CachePlace, name: HubName, options: GetOptions): Promise<FileLock> {
  for (const folder of [place.blobs, dirname(place.lock)]) await makeDirectoryDurably(folder);
  return locked(place.lock, name, options);
}

/** The model's lock, which one process holds while it downloads. */
async function locked(path: string, name: HubName, { signal, onEvent }: GetOptions): Promise<FileLock> {
  for (let seconds = 0; ; seconds += REPORT_WAIT / 1000) {
    try {
      return await FileLock.acquire(path, { timeoutMs: seconds === 0 ? 0 : REPORT_WAIT, signal });
    } catch (error) {
      if (!(error instanceof LockTimeoutError)) throw error;
      const reason = `another process downloads ${formatHubName(name)}; waiting for it`;
      onEvent({ type: 'waiting', reason, seconds });
    }
  }
}
