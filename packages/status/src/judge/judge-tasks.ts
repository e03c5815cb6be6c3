import type { Facts } from '../facts.js';
import type { TaskLook } from '../read/read-cluster.js';
import type { ClusterStatus, TaskStatus } from '../status.js';
import type { ShardAtWork } from './count-shards.js';

/** The lease if its record cannot be read, in seconds; the default of a plan. */
const LEASE = 120;

/** What each task of a run on several machines does; null for another run. */
export function judgeTasks(facts: Facts): ClusterStatus | null {
  const { cluster, glance } = facts;
  if (cluster === null) return null;
  const run = glance.run.is === 'read' ? glance.run.value.fingerprint : null;
  // A restart leaves the beats of the run that it replaced.
  const ours = cluster.tasks.filter(({ beat }) => beat.run === run);
  const newest = Math.max(...ours.map(({ written }) => written));
  return {
    submitted: cluster.submitted,
    lease_seconds: cluster.leaseSec,
    tasks: ours.map((task) => judgeTask(task, newest, facts)),
  };
}

/**
 * @param newest when the newest beat was written, by the file system's clock. No clock of this machine is needed to see that
 * another is older. It is used as well, since nothing may be written to learn the file system's time.
 */
function judgeTask({ beat, written }: TaskLook, newest: number, facts: Facts): TaskStatus {
  const { now, cluster, workers, local } = facts;
  const { format: _, run: __, at: ___, ...fields } = beat;
  const silent = Math.round(Math.max(newest - written, now - written, 0) / 1000);
  // Each task holds a lock for as long as it lives; on a disk of this machine it would be seen.
  const gone = local && (workers === 'free' || workers === 'missing');
  const state =
    beat.ended !== null
      ? 'ended'
      : gone
        ? 'killed'
        : silent > (cluster?.leaseSec ?? LEASE)
          ? 'silent'
          : 'working';
  return { ...fields, state, last_beat_at: new Date(written).toISOString(), silent_seconds: silent };
}

/** Tasks that work, as far as is known. */
export const working = (cluster: ClusterStatus | null): TaskStatus[] =>
  cluster?.tasks.filter(({ state }) => state === 'working') ?? [];

/** What the tasks at work have embedded of their shards, saved or not yet. A shard that two are at is counted once. */
export function shardsAtWork(cluster: ClusterStatus | null): Map<number, ShardAtWork> {
  const shards = new Map<number, ShardAtWork>();
  for (const { last_beat_at: at, ...task } of working(cluster))
    for (const { shard, ...counts } of task.shards)
      if (counts.done >= (shards.get(shard)?.done ?? 0)) shards.set(shard, { ...counts, at });
  return shards;
}

/** Tokens per second of all tasks at work; null if none says. */
export function speedOf(cluster: ClusterStatus | null): number | null {
  const speeds = working(cluster).flatMap(({ tokens_per_second: speed }) => speed ?? []);
  return speeds.length === 0 ? null : speeds.reduce((all, each) => all + each, 0);
}

/**
 * Seconds until all shards are computed, if the tasks at work go on as they did; null if nothing says. Shards are equally much
 * work, while their sequences may be longer or shorter.
 *
 * @param left how many shards are left, such as 2.5.
 */
export function secondsLeft(
  { cluster }: Pick<Facts, 'cluster'>,
  tasks: readonly TaskStatus[],
  left: number,
): number | null {
  const names = new Set(tasks.map(({ task }) => task));
  let rate = 0;
  for (const { beat } of cluster?.tasks ?? []) {
    // Both times are of the task's own clock.
    const seconds = (Date.parse(beat.at) - Date.parse(beat.started)) / 1000;
    if (names.has(beat.task) && seconds > 0) rate += beat.shards_embedded / seconds;
  }
  return rate > 0 ? Math.round(left / rate) : null;
}
