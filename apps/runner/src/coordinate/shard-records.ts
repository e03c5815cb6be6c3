import type { ShardRecords } from '@holdfast/coordinator';
import type { CheckpointManifest } from '@holdfast/manifest';

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
