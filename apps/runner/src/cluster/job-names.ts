import { resolve } from 'node:path';
import { jobName, type QueuedJob } from '@holdfast/cluster';
import { isThere } from '@holdfast/durable';
import { type Layout, readRunRecord } from '@holdfast/run-folder';
import { type JobsRecord, readJobs } from './jobs-record.js';

/** Under which names the jobs of a run are in the queue. */
export type JobNames = JobsRecord['names'];

/** The names of the jobs of a run. */
export function namesFor({ out }: Pick<Layout, 'out'>, fingerprint: string): JobNames {
  const run = { dir: resolve(out), fingerprint };
  return { array: jobName('array', run), join: jobName('join', run) };
}

/** The names of the jobs of the run that a folder holds; null if it holds none. */
export async function namesOfRun(place: Layout): Promise<JobNames | null> {
  const run = await readRunRecord(place.run).catch(() => null);
  return run && namesFor(place, run.fingerprint);
}

/** The names of the jobs that were submitted from a folder: from the record of them, or else from that of the run. */
export async function submittedNames(place: Layout): Promise<JobNames | null> {
  const record = await readJobs(place);
  if (record !== null) return record.names;
  return isThere(place.work) ? namesOfRun(place) : null;
}

/** Jobs of a run in the queue, by what they do. */
export const byRole = (queue: readonly QueuedJob[], names: JobNames) => ({
  arrays: queue.filter(({ name }) => name === names.array),
  joins: queue.filter(({ name }) => name === names.join),
});
