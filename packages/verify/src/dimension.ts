import { readShard } from '@holdfast/checkpoint';
import { type Layout, shardFolders } from '@holdfast/run-folder';

/** The numbers in a row of the run's checkpoints; null if none can be opened. */
export async function dimension(place: Layout, run: string): Promise<number | null> {
  for (const folder of await shardFolders(place))
    for await (const entry of readShard(folder, { verify: 'length', onCorruption: 'salvage' }))
      if (!('fault' in entry) && entry.checkpoint.metadata.get('run') === run)
        return entry.checkpoint.shape[1];
  return null;
}
