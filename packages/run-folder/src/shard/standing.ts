import type { CheckpointManifest } from '@holdfast/manifest';
import type { Shard } from '@holdfast/plan';

type ManifestState = Awaited<ReturnType<CheckpointManifest['load']>>;

/**
 * Sequences of each shard that are done, as the manifest has it. Of a shard that is not complete it counts rows, so that what
 * is quarantined there is missing until a worker has read the checkpoints.
 */
export function standing(
  shards: readonly Shard[],
  { shards: known }: Pick<ManifestState, 'shards'>,
): number[] {
  return shards.map(({ shard, firstPosition, endPosition }) => {
    const all = endPosition - firstPosition;
    const { status, total_sequences } = known[shard]!;
    return status === 'complete' ? all : Math.min(all, total_sequences);
  });
}
