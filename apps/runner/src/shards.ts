import { planShards, type SequenceIndex } from './index-store/index.js';
import type { Shard } from './shard-plan.js';

/** The shards of a run: contiguous runs of whole batches, the same for the same index and count in every process. */
export async function shardsOf(index: SequenceIndex, count: number): Promise<Shard[]> {
  return planShards(await index.batchWeights(), count).map(({ firstBatch, endBatch }, shard) => ({
    shard,
    firstBatch,
    endBatch,
    firstPosition: index.batchRange(firstBatch)[0],
    endPosition: index.batchRange(endBatch - 1)[1],
  }));
}
