import type { QueuedJob } from './queue.js';

/** What is to be submitted for a run. */
export type ToSubmit =
  /** `after`: jobs in the queue that the join waits for, beside a new array. */
  { array: boolean; join: boolean; after: string[] };

/**
 * What a run still needs. Jobs in the queue are never submitted again.
 *
 * @param run shards that are not complete, whether the result is there, and its jobs in the queue.
 */
export function whatToSubmit({
  left,
  finished,
  arrays,
  joins,
}: {
  left: number;
  finished: boolean;
  arrays: readonly QueuedJob[];
  joins: readonly QueuedJob[];
}): ToSubmit {
  const after = [...new Set(arrays.map(({ job }) => job))];
  if (after.length > 0) return { array: false, join: joins.length === 0, after };
  // A join without tasks is about to start, and says what is left.
  if (joins.length > 0 || finished) return { array: false, join: false, after };
  return { array: left > 0, join: true, after };
}

/** Shards that a task gets on average for each of its slots: enough that a slow task costs nobody. */
const SHARDS_OF_A_SLOT = 4;

/** The most tasks of an array where a site leaves Slurm's `MaxArraySize` as it is. */
const MOST_TASKS = 1000;

/**
 * How many tasks an array gets.
 *
 * @param shards that are not complete, at least one.
 */
export function taskCount(
  shards: number,
  { slots, tasks }: { slots: number; tasks?: number | undefined },
): number {
  return tasks ?? Math.min(Math.ceil(shards / (SHARDS_OF_A_SLOT * slots)), MOST_TASKS);
}
