import { join } from 'node:path';
import { type RenderedJob, type RunOnSlurm, renderArray, renderJoin, taskCount } from '@holdfast/cluster';
import { writeFileDurably } from '@holdfast/durable';
import type { Layout, RunRecord } from '@holdfast/run-folder';
import type { SubmitOptions } from '../submit-options.js';
import type { JobNames } from './job-names.js';
import type { PlannedWork } from './plan-work.js';
import { taskShape } from './task-shape.js';

/** A run that is not finished. */
export type Planned = Omit<PlannedWork, 'record'> & { record: RunRecord };

/** What both of its jobs have, but for their names. */
export type JobBase = Omit<RunOnSlurm, 'name'>;

export interface Jobs {
  array: RenderedJob;
  join(after: readonly string[]): RenderedJob;
  tasks: number;
}

/** What is submitted for a run. */
export function rendered(
  options: SubmitOptions,
  base: JobBase,
  { planned, names }: { planned: Planned; names: JobNames },
): Jobs {
  const { slots } = taskShape(options);
  const { maxConcurrent, gpusPerTask, cpusPerTask } = options;
  const tasks = taskCount(Math.max(1, planned.left.length), { slots, tasks: options.tasks });
  const array = { ...base, name: names.array, tasks, maxConcurrent, gpusPerTask, cpusPerTask };
  return {
    array: renderArray(array),
    join: (after) => renderJoin({ ...base, name: names.join, after }),
    tasks,
  };
}

/** Where the script of a job is kept. */
export const scriptOf = ({ cluster }: Layout, role: 'task' | 'join') => join(cluster, `${role}.sh`);

export async function writeScript(path: string, { script }: RenderedJob): Promise<string> {
  await writeFileDurably(path, script);
  return path;
}
