import type { SequenceIndex } from '@holdfast/plan';
import type { QuarantinedSequence } from '@holdfast/run-folder';
import type { ShardStanding } from '../shard-standing.js';

/** The sequences without a row, by position, as complete shards list them. */
export async function missingRows(
  standings: readonly ShardStanding[],
  index: SequenceIndex,
): Promise<{ quarantined: QuarantinedSequence[]; retried: ReadonlySet<number> }> {
  const quarantined: QuarantinedSequence[] = [];
  for (const standing of standings)
    for (const each of standing.quarantined) {
      const { first, order } = await index.bucketAt(each.position);
      const [id] = await index.ids(each.position, each.position + 1);
      quarantined.push({ ...each, ordinal: order[each.position - first]!, id: id! });
    }
  const retried = standings.filter((each) => each.retried).map(({ shard }) => shard);
  return { quarantined, retried: new Set(retried) };
}
