import { type Checkpoint, readShard, type Verify } from '@holdfast/checkpoint';
import { ShardIncompleteError } from './shard-incomplete-error.js';
import type { ShardCursor } from './shard-plan.js';

/**
 * Iterates over the checkpoints of a complete shard. Each stays open until the next is requested. At the end the cursor knows
 * everything that is quarantined.
 *
 * @throws ShardIncompleteError at the first checkpoint that does not fit, or if batches are missing.
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
    throw new ShardIncompleteError(shard, `batch ${cursor.nextBatch} and later have no checkpoint`);
}
