import { counted, grouped } from '@holdfast/options';
import type { ShardRecord } from '../read/read-manifest.js';
import type { ClusterStatus, State, TaskStatus } from '../status.js';
import { working } from './judge-tasks.js';

/** Nodes that are named. */
const NAMED = 4;

/**
 * The state of an unfinished run on several machines, on which no command works.
 *
 * @param held whether some task or worker is known to live.
 */
export function clusterState(
  cluster: ClusterStatus,
  shards: readonly ShardRecord[],
  held: boolean,
): { state: State; reason: string | null } {
  const tasks = working(cluster);
  const open = shards.filter(({ status }) => status !== 'complete').length;
  if (tasks.length > 0) return { state: 'running', reason: atWork(tasks) };
  if (held) return { state: 'running', reason: 'a task lives, but no beat of one is newer than the lease' };
  if (shards.length > 0 && open === 0) return { state: 'computed', reason: null };
  if (cluster.tasks.length === 0 && shards.every(({ status, rows }) => status !== 'complete' && rows === 0))
    return { state: 'planned', reason: 'no task has begun yet' };
  const left = `${grouped(open)} of ${counted(shards.length, 'shard')} left`;
  const failed = shards.filter(({ status }) => status === 'failed').length;
  if (failed > 0)
    return {
      state: 'failed',
      reason: `no task is at work, ${left}, ${grouped(failed)} of them out of retries`,
    };
  return { state: 'stopped', reason: `no task is at work, ${left}` };
}

function atWork(tasks: readonly TaskStatus[]): string {
  const nodes = [...new Set(tasks.map(({ node }) => node))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  const named = nodes.slice(0, NAMED).join(', ');
  const rest = nodes.length - NAMED;
  const where = rest > 0 ? `${counted(nodes.length, 'node')} (${named} and ${grouped(rest)} more)` : named;
  const paused = tasks.filter(({ doing }) => doing?.startsWith('paused')).length;
  const but = paused > 0 ? `, ${grouped(paused)} of them paused: disk full` : '';
  return `${counted(tasks.length, 'task')} on ${where}${but}`;
}
