import { lstatSync, readlinkSync, statfsSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { makeDirectoryDurably, removeDurably, syncDirectory, writeFileDurably } from '@holdfast/durable';
import { FileLock, LockTimeoutError } from '@holdfast/file-lock';
import { chooseFiles } from './choose-files.js';
import { HubClient } from './client.js';
import { downloadFile, partOf } from './download-file.js';
import { HubError } from './hub-error.js';
import { formatHubName, type HubName, isCommit } from './hub-name.js';
import { type HubFile, type Listing, listModel } from './listing.js';
import { type CachedModel, CachePlace, cachedModel } from './model-cache.js';
import type { HubSettings } from './settings.js';
import { Speed } from './speed.js';

/** What happens during a download. */
export type HubEvent =
  /** Bytes of the model that are there; speed and time left are null until they are known. */
  | {
      type: 'downloading';
      model: string;
      bytes: number;
      totalBytes: number;
      bytesPerSecond: number | null;
      secondsLeft: number | null;
    }
  | { type: 'downloaded'; model: string; folder: string; bytes: number }
  | { type: 'waiting'; reason: string; seconds: number };

export interface GetOptions {
  settings: HubSettings;
  signal: AbortSignal;
  onEvent(event: HubEvent): void;
  /** Replaces the seconds of a pause by others; tests do. */
  pause?: (seconds: number) => number;
  /** Milliseconds without a byte after which a connection is given up. Default: 60,000. */
  silentMs?: number;
}

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
  return (await cachedModel(name, settings.cache)) ?? (await getModel(name, options));
}

/**
 * Asks the hub for a model, and downloads what is missing of it. Whatever ends the process, the next call goes on.
 *
 * @throws like {@link findModel}.
 */
export async function getModel(name: HubName, options: GetOptions): Promise<CachedModel> {
  const { settings, signal, onEvent } = options;
  if (settings.offline) {
    const cached = await cachedModel(name, settings.cache);
    if (cached !== null) return cached;
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
  for (const folder of [place.blobs, dirname(place.lock)]) await makeDirectoryDurably(folder);
  await using _lock = await locked(place.lock, name, options);
  await downloadAll(files, { client, name, listing, place, options });
  const folder = place.snapshot(listing.commit);
  await linkAll(files, folder, place.blobs);
  if (!isCommit(name.revision)) {
    const ref = place.ref(name.revision);
    await makeDirectoryDurably(dirname(ref));
    await writeFileDurably(ref, listing.commit);
  }
  signal.throwIfAborted();
  return { folder, commit: listing.commit };
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

interface Download {
  client: HubClient;
  name: HubName;
  listing: Listing;
  place: CachePlace;
  options: GetOptions;
}

async function downloadAll(
  files: readonly HubFile[],
  { client, name, listing, place, options }: Download,
): Promise<void> {
  const { signal, onEvent } = options;
  const missing = files.filter((file) => !isComplete(join(place.blobs, file.etag), file));
  if (missing.length === 0) return;
  const sum = (some: readonly HubFile[]) => some.reduce((total, { bytes }) => total + bytes, 0);
  refuseFullDisk(sum(missing) - partsOf(missing, place), name, place);
  const model = formatHubName(name);
  const totalBytes = sum(files);
  const speed = new Speed();
  let before = totalBytes - sum(missing);
  for (const file of missing) {
    const path = join(place.blobs, file.etag);
    await downloadFile(file, path, {
      client,
      name,
      commit: listing.commit,
      signal,
      onBytes(ofFile) {
        const bytes = before + ofFile;
        speed.add(performance.now(), bytes);
        const { bytesPerSecond } = speed;
        const secondsLeft = bytesPerSecond === null ? null : (totalBytes - bytes) / bytesPerSecond;
        onEvent({ type: 'downloading', model, bytes, totalBytes, bytesPerSecond, secondsLeft });
      },
    });
    before += file.bytes;
  }
  onEvent({ type: 'downloaded', model, folder: place.snapshot(listing.commit), bytes: totalBytes });
}

/** A file in the cache was proven when it was downloaded; its name is its checksum. */
const isComplete = (path: string, { bytes }: HubFile) =>
  lstatSync(path, { throwIfNoEntry: false })?.size === bytes;

/** Bytes of the files that an earlier process got. */
const partsOf = (files: readonly HubFile[], { blobs }: CachePlace) =>
  files.reduce((sum, { etag }) => sum + sizeOf(partOf(join(blobs, etag))), 0);

const sizeOf = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;

function refuseFullDisk(bytes: number, name: HubName, { blobs }: CachePlace): void {
  const { bavail, bsize } = statfsSync(blobs);
  if (bavail * bsize >= bytes) return;
  const gb = (count: number) => `${(count / 1e9).toFixed(1)} GB`;
  throw new HubError(
    'hub_no_room',
    formatHubName(name),
    `needs ${gb(bytes)}, and the disk of ${blobs} has ${gb(bavail * bsize)}`,
    'make room there, or set HF_HUB_CACHE to a folder on another disk, then rerun the same command',
  );
}

/** Links the files into the snapshot; the last one, by which the model is recognized, once the others are durable. */
async function linkAll(files: readonly HubFile[], folder: string, blobs: string): Promise<void> {
  const folders = new Set<string>();
  for (const [i, { name, etag }] of files.entries()) {
    const link = join(folder, name);
    await makeDirectoryDurably(dirname(link));
    if (i === files.length - 1) for (const each of folders) await syncDirectory(each);
    await linkTo(relative(dirname(link), join(blobs, etag)), link);
    folders.add(dirname(link));
  }
  for (const each of folders) await syncDirectory(each);
}

async function linkTo(target: string, link: string): Promise<void> {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() && readlinkSync(link) === target) return;
  const temporary = `${link}.holdfast`;
  await removeDurably(temporary);
  await symlink(target, temporary);
  await rename(temporary, link);
}
