import type { Facts } from '../facts.js';
import type { ShardRecord } from '../read/read-manifest.js';

/** What a command or a task at work says of a shard. */
export interface ShardAtWork {
  sequences: number;
  /** Embedded, saved or not yet. */
  done: number;
  /** Saved, quarantined ones among them; absent if an earlier version counted. */
  saved?: number;
  /** When it was counted, ISO 8601. */
  at: string;
}

/** A shard as it stands. Counts are of sequences. */
export interface ShardStatus {
  shard: number;
  status: ShardRecord['status'];
  /** In checkpoints; of a complete shard all, quarantined ones among them. */
  sequences_done: number;
  /** Embedded, saved or not yet. */
  sequences_embedded: number;
  /** Embedded, and in no checkpoint yet. Quarantined ones have no row, so it may be less than the difference of the two above. */
  sequences_unsaved: number;
  /** When what is embedded was counted, ISO 8601; null if nothing at work says. */
  embedded_at: string | null;
  /** Null if the command that planned it did not say so. */
  sequences_total: number | null;
  checkpoints: number;
  /** When the newest checkpoint was recorded, ISO 8601. */
  last_checkpoint_at: string | null;
  /** Failures by kind since it last made progress. */
  failures: Record<string, number>;
  /** Why it failed. */
  error: string | null;
}

/**
 * Counts what is done of each shard. The manifest is the truth; the heartbeat adds the shards' sizes and, while its command
 * lives, what is embedded since the last checkpoints.
 *
 * @param atWork what the tasks of a run on several machines say of their shards.
 */
export function countShards(
  records: readonly ShardRecord[],
  { heartbeat, glance: { run, plan } }: Pick<Facts, 'heartbeat' | 'glance'>,
  live: boolean,
  atWork: ReadonlyMap<number, ShardAtWork> = new Map(),
): ShardStatus[] {
  const total = plan && plan.sequences - plan.copies;
  const ours = run.is === 'read' && heartbeat?.run === run.value.fingerprint ? heartbeat.shards : null;
  const sizes = sizesOf(ours?.sequences, records.length, total);
  return records.map(({ status, rows, checkpoints, saved, failures, error }, shard) => {
    const task = atWork.get(shard);
    const size = sizes?.[shard] ?? task?.sequences ?? null;
    const most = size ?? Number.POSITIVE_INFINITY;
    const done = status === 'complete' ? (size ?? rows) : Math.min(rows, most);
    const said = live ? shardIn(heartbeat, ours, shard) : null;
    const newest = (said?.done ?? 0) > (task?.done ?? 0) ? said : (task ?? said);
    const embedded = Math.max(done, Math.min(newest?.done ?? 0, most));
    // The manifest may be newer than the count, and has some of these by now.
    const unsaved = newest?.saved === undefined ? embedded : Math.max(0, newest.done - newest.saved);
    return {
      shard,
      status,
      sequences_done: done,
      sequences_embedded: embedded,
      sequences_unsaved: Math.min(unsaved, embedded - done),
      embedded_at: newest?.at ?? null,
      sequences_total: size,
      checkpoints,
      last_checkpoint_at: saved,
      failures,
      error,
    };
  });
}

function shardIn(
  beat: Facts['heartbeat'],
  shards: NonNullable<Facts['heartbeat']>['shards'],
  shard: number,
): ShardAtWork | null {
  const done = shards?.done[shard];
  if (beat === null || done === undefined) return null;
  const saved = shards?.saved?.[shard];
  return {
    sequences: shards?.sequences[shard] ?? 0,
    done,
    ...(saved !== undefined && { saved }),
    at: beat.at,
  };
}

/** Sizes that cannot be those of this plan count as unknown. */
function sizesOf(
  claimed: readonly number[] | undefined,
  shards: number,
  total: number | null,
): readonly number[] | null {
  if (claimed?.length === shards && sum(claimed) === total) return claimed;
  return shards === 1 && total !== null ? [total] : null;
}

export const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0);
