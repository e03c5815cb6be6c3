import { type Checkpoint, readShard, type Verify } from '@holdfast/checkpoint';
import { ShardIncompleteError } from './shard-incomplete-error.js';
import type { ShardCursor } from './shard-plan.js';

/**
 * Walks through the checkpoints of a shard that is complete, each open until the next is asked for. At the end the cursor
 * has told all that is quarantined.
 *
 * @throws ShardIncompleteError at the first that is not what comes next, or when batches are in none.
 */
export async function* completeShard(
  folder: string,
  cursor: ShardCursor,
  verify: Verify,
): AsyncGenerator<Checkpoint> {
  const { shard } = cursor.shard;
  for await (const entry of readShard(folder, { verify, accept: cursor.accept })) {
    if ('fault' in entry) throw new ShardIncompleteError(shard, `${entry.path}: ${entry.fault}`);
    yield entry.checkpoint;
  }
  if (!cursor.done)
    throw new ShardIncompleteError(shard, `batch ${cursor.nextBatch} and later are in no checkpoint`);
}
