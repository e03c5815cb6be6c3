import type { SequenceIndex } from '@holdfast/plan';
import { type FoundQuarantined, namedQuarantined } from '@holdfast/run-folder';
import type { ShardStanding } from '../shard-standing.js';

/** The sequences without a row, by position, as complete shards list them. */
export async function missingRows(
  standings: readonly ShardStanding[],
  index: SequenceIndex,
): Promise<FoundQuarantined> {
  const found = await namedQuarantined(
    standings.flatMap(({ quarantined }) => quarantined),
    index,
  );
  const retried = standings.filter((each) => each.retried).map(({ shard }) => shard);
  return { ...found, retried: new Set(retried) };
}
