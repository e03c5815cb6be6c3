import type { ManifestState } from '@holdfast/manifest';
import type { Shard } from '@holdfast/plan';

/** The part of a manifest that tells what is saved. */
export interface SavedState {
  shards: Readonly<Record<number, Pick<ManifestState['shards'][string], 'status' | 'total_sequences'>>>;
}

/**
 * Finished sequences of each shard according to the manifest. For an incomplete shard it counts rows only; its quarantined
 * sequences are missing until a worker has read the checkpoints.
 */
export function standing(shards: readonly Shard[], { shards: known }: SavedState): number[] {
  return shards.map(({ shard, firstPosition, endPosition }) => {
    const all = endPosition - firstPosition;
    const { status, total_sequences } = known[shard]!;
    return status === 'complete' ? all : Math.min(all, total_sequences);
  });
}
