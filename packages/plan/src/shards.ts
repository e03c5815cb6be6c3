import type { SequenceIndex } from './index-store/sequence-index.js';
import { planShards } from './plan-shards.js';

/** A shard: a range of whole batches, and so of positions in the plan. */
export interface Shard {
  shard: number;
  firstBatch: number;
  endBatch: number;
  firstPosition: number;
  endPosition: number;
}

/** The shards of a run: contiguous ranges of whole batches, the same in every process. */
export async function shardsOf(index: SequenceIndex, count: number): Promise<Shard[]> {
  return planShards(await index.batchWeights(), count).map(({ firstBatch, endBatch }, shard) => ({
    shard,
    firstBatch,
    endBatch,
    firstPosition: index.batchRange(firstBatch)[0],
    endPosition: index.batchRange(endBatch - 1)[1],
  }));
}
