import { type ModelSource, tokensOf } from '@holdfast/gpu-runtime';
import type { SequenceIndex } from './index-store/sequence-index.js';
import type { Shard } from './shards.js';

/** How a plan's work is distributed over its positions. */
export interface PlannedWork {
  shards: readonly Shard[];
  /** Tokens of the batches before a position, with their padding if the model pads them. */
  tokensBefore(position: number): number;
}

/** The cost of a plan's shards, from the lengths in its index. Keeps one number per batch in memory. */
export async function plannedWork(
  index: SequenceIndex,
  shards: readonly Shard[],
  model: ModelSource,
): Promise<PlannedWork> {
  const padded = model.recipe.singly === undefined;
  const before = await index.tokensBefore((residues) => tokensOf(model, residues), { padded });
  return {
    shards,
    tokensBefore(position) {
      if (position >= index.positions) return before[index.batches]!;
      const batch = index.batchAt(position);
      const [first, end] = index.batchRange(batch);
      // A position inside a batch comes from a manifest, which does not count quarantined sequences.
      const share = (position - first) / (end - first);
      return before[batch]! + Math.floor(share * (before[batch + 1]! - before[batch]!));
    },
  };
}
