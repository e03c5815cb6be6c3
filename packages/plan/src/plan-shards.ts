/** A share of the batches: those from `firstBatch` up to, not including, `endBatch`. */
export interface BatchRange {
  firstBatch: number;
  endBatch: number;
}

/**
 * Shares batches out in contiguous runs of about equal weight: none is empty, and none weighs more than an equal share
 * plus the heaviest batch. The same arguments always give the same runs.
 *
 * @param weights of each batch, e.g. its residues; none negative.
 * @param count runs wanted, at least 1; there are never more than batches.
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
    // One batch at least is kept for each shard to come; the last takes all.
    const latest = batches - (shards - shard);
    const ideal = (total * shard) / shards;
    let endBatch = shard === shards ? batches : firstBatch + 1;
    while (endBatch < latest && ideal - before[endBatch]! > before[endBatch + 1]! - ideal) endBatch++;
    ranges.push({ firstBatch, endBatch });
    firstBatch = endBatch;
  }
  return ranges;
}
