import type { SequenceIndex } from './index-store/sequence-index.js';
import { planShards } from './plan-shards.js';

/** A shard: a run of whole batches, and with them of positions in the plan. */
export interface Shard {
  shard: number;
  firstBatch: number;
  endBatch: number;
  firstPosition: number;
  endPosition: number;
}

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
