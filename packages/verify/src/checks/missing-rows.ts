import type { SequenceIndex } from '@holdfast/plan';
import { copiesOf, type FoundQuarantined, type QuarantinedSequence } from '@holdfast/run-folder';
import type { ShardStanding } from '../shard-standing.js';

/** The sequences without a row, by position, as complete shards list them. */
export async function missingRows(
  standings: readonly ShardStanding[],
  index: SequenceIndex,
): Promise<FoundQuarantined> {
  const quarantined: QuarantinedSequence[] = [];
  for (const standing of standings)
    for (const each of standing.quarantined) {
      const [id] = await index.ids(each.position, each.position + 1);
      quarantined.push({ ...each, ordinal: await index.ordinalAt(each.position), id: id! });
    }
  const retried = standings.filter((each) => each.retried).map(({ shard }) => shard);
  return { quarantined, copies: await copiesOf(quarantined, index), retried: new Set(retried) };
}
