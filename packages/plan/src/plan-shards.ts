/** A range of batches, from `firstBatch` up to, but not including, `endBatch`. */
export interface BatchRange {
  firstBatch: number;
  endBatch: number;
}

/**
 * Splits the batches into contiguous ranges of about equal weight: none is empty, and none weighs more than
 * an equal share plus the heaviest batch. The same arguments always give the same ranges.
 *
 * @param weights the weight of each batch, such as its residues; not negative.
 * @param count requested number of ranges, at least 1; there are never more ranges than batches.
 * @throws RangeError if `count` is not a whole number above 0.
 */
export function planShards(weights: ArrayLike<number>, count: number): BatchRange[] {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`count is ${count}; it must be a whole number above 0`);
  const batches = weights.length;
  const shards = Math.min(count, batches);
  const before = new Float64Array(batches + 1);
  for (let batch = 0; batch < batches; batch++) before[batch + 1] = before[batch]! + weights[batch]!;
  const total = before[batches]!;
  const ranges: BatchRange[] = [];
  let firstBatch = 0;
  for (let shard = 1; shard <= shards; shard++) {
    // Leave at least one batch for each later shard; the last shard takes the rest.
    const latest = batches - (shards - shard);
    const ideal = (total * shard) / shards;
    let endBatch = shard === shards ? batches : firstBatch + 1;
    while (endBatch < latest && ideal - before[endBatch]! > before[endBatch + 1]! - ideal) endBatch++;
    ranges.push({ firstBatch, endBatch });
    firstBatch = endBatch;
  }
  return ranges;
}
