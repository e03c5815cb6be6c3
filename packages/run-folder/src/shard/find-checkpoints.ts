import { checkpointName, readShard } from '@holdfast/checkpoint';
import type { FoundCheckpoints, RecordedCheckpoint } from '@holdfast/manifest';
import type { Layout } from '../layout.js';

type ReadOptions = NonNullable<Parameters<typeof readShard>[1]>;

/** A shard's checkpoints before the first invalid one, as the manifest records them. */
export async function findCheckpoints(
  folder: string,
  options: ReadOptions = {},
): Promise<{ found: RecordedCheckpoint[]; fault: string | null }> {
  const found: RecordedCheckpoint[] = [];
  let fault: string | null = null;
  for await (const entry of readShard(folder, options)) {
    if ('fault' in entry) fault = `${entry.path}: ${entry.fault}`;
    else
      found.push({
        checkpoint: entry.index,
        numSequences: entry.checkpoint.sequenceIds.length,
        file: checkpointName(entry.index),
      });
  }
  return { found, fault };
}

/**
 * Rebuilds the manifest's records from the folders of all shards. It does not read checkpoints in full: other processes wait
 * meanwhile, and the next worker of a shard reads all of it.
 */
export function rebuildFrom(place: Layout, shards: number): () => Promise<FoundCheckpoints> {
  return async () => {
    const checkpoints = new Map<number, RecordedCheckpoint[]>();
    for (let rank = 0; rank < shards; rank++)
      checkpoints.set(rank, (await findCheckpoints(place.shard(rank), { verify: 'length' })).found);
    return { worldSize: shards, checkpoints };
  };
}
