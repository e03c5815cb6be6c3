import type { ShardRecords } from '@holdfast/coordinator';
import { makeDirectoryDurably } from '@holdfast/durable';
import { CheckpointManifest, ManifestVersionError } from '@holdfast/manifest';
import { type Layout, rebuildFrom } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import type { Report } from '../events.js';

/**
 * The manifest of a run; one that is damaged is made anew, since the checkpoints themselves are the truth.
 *
 * @throws UsageError for one of a later version.
 */
export async function openManifest(
  place: Layout,
  shards: number,
  report: Report,
): Promise<CheckpointManifest> {
  await makeDirectoryDurably(place.checkpoints);
  const manifest = new CheckpointManifest(place.manifest, {
    rebuild: rebuildFrom(place, shards),
    onWarning: (message) => report({ type: 'warning', message }),
  });
  if (!(await manifest.exists())) {
    await manifest.initialize(shards);
    return manifest;
  }
  const { total_shards } = await manifest.getGlobalProgress().catch((cause: unknown) => {
    throw cause instanceof ManifestVersionError ? new UsageError(cause.message, { cause }) : cause;
  });
  if (total_shards === shards) return manifest;
  const message = `${place.manifest} is of ${total_shards} shards, this run has ${shards}; it is made anew from the checkpoints`;
  report({ type: 'warning', message });
  await manifest.initialize(shards, { replace: true });
  return manifest;
}

type Json = NonNullable<Parameters<CheckpointManifest['recordRecovery']>[1]>;

/** The manifest as the place where the coordinator keeps what it knows of shards' failures. */
export function shardRecords(
  manifest: Pick<CheckpointManifest, 'load' | 'recordRecovery' | 'recordRedistribution'>,
): ShardRecords {
  return {
    async recoveries() {
      const { shards } = await manifest.load();
      return new Map(Object.entries(shards).map(([rank, { recovery }]) => [Number(rank), recovery]));
    },
    recordRecovery: (shard, recovery) => manifest.recordRecovery(shard, recovery as Json | null),
    recordRedistribution: (shard, newShard) => manifest.recordRedistribution(shard, newShard),
  };
}
