import { readShard } from '@holdfast/checkpoint';
import { type Layout, shardFolders } from '@holdfast/run-folder';

/**
 * The numbers in a row of the run's checkpoints: those that the result names, if a checkpoint agrees; else those of the first that
 * can be opened. Opens at most one a shard.
 *
 * @param named what the result says; null without one.
 * @returns null if nothing says.
 */
export async function dimension(place: Layout, run: string, named: number | null): Promise<number | null> {
  let first: number | null = null;
  for (const folder of await shardFolders(place))
    for await (const entry of readShard(folder, { verify: 'length', onCorruption: 'salvage' })) {
      if ('fault' in entry || entry.checkpoint.metadata.get('run') !== run) continue;
      const dim = entry.checkpoint.shape[1];
      if (named === null || dim === named) return dim;
      first ??= dim;
      break;
    }
  return first ?? named;
}
