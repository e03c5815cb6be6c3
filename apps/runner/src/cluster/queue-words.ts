import type { QueuedJob } from '@holdfast/cluster';
import { counted } from '@holdfast/options';

/** What of a run is in the queue, in words. */
export function queueWords(arrays: readonly QueuedJob[], joins: readonly QueuedJob[]): string {
  const running = arrays.filter(({ state }) => state === 'RUNNING').length;
  const waiting = arrays.length - running;
  const tasks = [
    ...(running > 0 ? [`${counted(running, 'task')} running`] : []),
    ...(waiting > 0 ? [`${counted(waiting, 'task')} waiting or ending`] : []),
  ].join(', ');
  const ids = (jobs: readonly QueuedJob[]) => [...new Set(jobs.map(({ job }) => job))].join(', ');
  return [
    ...(arrays.length > 0 ? [`array job ${ids(arrays)} is in the queue (${tasks})`] : []),
    ...(joins.length > 0 ? [`job ${ids(joins)}, which joins, is in the queue`] : []),
  ].join('; ');
}
