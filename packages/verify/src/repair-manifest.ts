import { copyFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isThere, syncDirectory } from '@holdfast/durable';
import { CheckpointManifest, ManifestVersionError } from '@holdfast/manifest';
import { findCheckpoints, type Layout, rebuildFrom } from '@holdfast/run-folder';
import type { Looked } from './look.js';

/**
 * Makes the manifest say what is in the folders. The old one is copied aside first.
 *
 * @returns false if it stays as it is, for a newer version wrote it, or the number of shards is not known.
 */
export async function repairManifest(place: Layout, { run, standings }: Looked): Promise<boolean> {
  const shards = run?.shards.length ?? 0;
  if (shards === 0) return false;
  await copyAside(place);
  const manifest = new CheckpointManifest(place.manifest, {
    rebuild: rebuildFrom(place, shards),
    onWarning: () => undefined,
  });
  try {
    if (!(await manifest.exists())) await manifest.initialize(shards);
    else if ((await manifest.getGlobalProgress()).total_shards !== shards)
      await manifest.initialize(shards, { replace: true });
  } catch (error) {
    if (error instanceof ManifestVersionError) return false;
    throw error;
  }
  for (const { shard, wrong, done } of standings) {
    const { found } = await findCheckpoints(place.shard(shard), { verify: 'length' });
    const owner = `holdfast verify --repair, process ${process.pid} on ${hostname()}`;
    const claim = await manifest.claimShard(shard, owner, { steal: true });
    await manifest.reconcileShard(shard, found, claim);
    if (done && wrong === null) await manifest.markShardComplete(shard, claim);
  }
  return true;
}

/** Copies the manifest and its journal to free names, those that a rebuild uses. */
async function copyAside({ manifest, checkpoints }: Layout): Promise<void> {
  const paths = [manifest, `${manifest}.journal`].filter(isThere);
  for (let number = 0; ; number++) {
    const aside = (path: string) => `${path}.corrupt${number === 0 ? '' : `-${number}`}`;
    if (paths.some((path) => isThere(aside(path)))) continue;
    for (const path of paths) await copyFile(path, aside(path));
    break;
  }
  if (paths.length > 0) await syncDirectory(checkpoints);
}
