import type { ClusterLook, TaskLook } from '../read/read-cluster.js';
import type { TaskBeat } from '../task-beat.js';
import { NOW, RUN } from './facts.js';

// For tests: tasks of the run in `facts`, on the nodes `n0`, `n1` and so on.

/** A beat of a task that has worked for a minute. */
export const aTaskBeat = (index: number, other: Partial<TaskBeat> = {}): TaskBeat => ({
  format: 1,
  run: RUN,
  task: `9_${index}`,
  engine: 'slurm',
  job: `9_${index}`,
  start: 1,
  node: `n${index}`,
  pid: 100 + index,
  started: new Date(NOW - 62_000).toISOString(),
  at: new Date(NOW - 2000).toISOString(),
  doing: null,
  shards: [],
  completed: 0,
  failed: 0,
  lost: 0,
  sequences: 0,
  shards_embedded: 0,
  tokens_per_second: null,
  ended: null,
  ...other,
});

/** @param silentSec since it was written. */
export const aTask = (index: number, silentSec = 2, other: Partial<TaskBeat> = {}): TaskLook => ({
  beat: aTaskBeat(index, other),
  written: NOW - 1000 * silentSec,
});

/** A submitted run with a lease of two minutes. */
export const aCluster = (tasks: TaskLook[] = [], other: Partial<ClusterLook> = {}): ClusterLook => ({
  planned: NOW - 600_000,
  leaseSec: 120,
  fault: null,
  submitted: true,
  tasks: [...tasks].sort((a, b) => b.written - a.written),
  unreadable: 0,
  ...other,
});
