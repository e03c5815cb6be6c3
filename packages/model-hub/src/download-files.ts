import { lstatSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { inBytes } from '@holdfast/options';
import type { HubClient } from './client.js';
import { downloadFile, isProven, partOf } from './download-file.js';
import type { GetOptions } from './get-options.js';
import { HubError } from './hub-error.js';
import { formatHubName, type HubName } from './hub-name.js';
import type { HubFile, Listing } from './listing.js';
import type { CachePlace } from './model-cache.js';
import { Speed } from './speed.js';

/** A model that is being downloaded, under its lock. */
export interface Download {
  client: HubClient;
  name: HubName;
  listing: Listing;
  place: CachePlace;
  options: GetOptions;
}

/** Downloads the files that are not there yet. */
export async function downloadFiles(
  files: readonly HubFile[],
  { client, name, listing, place, options }: Download,
): Promise<void> {
  const { signal, onEvent } = options;
  const missing: HubFile[] = [];
  for (const file of files) {
    const path = join(place.blobs, file.etag);
    // Its name is its checksum, but somebody may have changed it since.
    const good = isComplete(path, file) && (await isProven(file, path, signal));
    if (!good) missing.push(file);
  }
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

/** Whether a file is there, as far as its length tells. */
export const isComplete = (path: string, { bytes }: HubFile) =>
  lstatSync(path, { throwIfNoEntry: false })?.size === bytes;

/** Bytes of the files that an earlier process got. */
const partsOf = (files: readonly HubFile[], { blobs }: CachePlace) =>
  files.reduce((sum, { etag }) => sum + sizeOf(partOf(join(blobs, etag))), 0);

const sizeOf = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;

function refuseFullDisk(bytes: number, name: HubName, { blobs }: CachePlace): void {
  const { bavail, bsize } = statfsSync(blobs);
  if (bavail * bsize >= bytes) return;
  throw new HubError(
    'hub_no_room',
    formatHubName(name),
    `needs ${inBytes(bytes)}, and the disk of ${blobs} has ${inBytes(bavail * bsize)}`,
    'make room there, or set HF_HUB_CACHE to a folder on another disk, then rerun the same command',
  );
}
