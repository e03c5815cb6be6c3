import { resolve } from 'node:path';
import { jobName } from '@holdfast/cluster';
import { isThere } from '@holdfast/durable';
import { type Layout, readRunRecord } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import { type JobsRecord, readJobs } from './jobs-record.js';
import { queueWords } from './queue-words.js';
import type { Slurm } from './slurm.js';

/**
 * Cancels the jobs of a run that are in the queue. Finished work is kept.
 *
 * @param print prints a line on standard output.
 * @throws UsageError if no run was submitted from the folder; RunFailedError if Slurm refuses.
 */
export async function cancel(
  place: Layout,
  { slurm, print }: { slurm: Slurm; print(line: string): void },
): Promise<void> {
  const names = await namesOf(place);
  if (names === null)
    throw new UsageError(
      `${place.out} holds no run that was submitted to a cluster; name the --out of holdfast submit`,
    );
  const queue = await slurm.queue([names.array, names.join]);
  if (queue.length === 0) {
    print('nothing was cancelled: no job of this run is in the queue');
    return;
  }
  const of = (role: 'array' | 'join') => queue.filter(({ name }) => name === names[role]);
  // The join first: it would begin when the tasks are gone.
  const ids = [...of('join'), ...of('array')].map(({ job }) => job);
  await slurm.cancel([...new Set(ids)]);
  print(`cancelled: ${queueWords(of('array'), of('join'))}`);
  print('finished work is kept: rerun holdfast submit to go on');
}

/** The names of a run's jobs, from the record of them, or else from that of the run. */
async function namesOf(place: Layout): Promise<JobsRecord['names'] | null> {
  const record = await readJobs(place);
  if (record !== null) return record.names;
  if (!isThere(place.work)) return null;
  const run = await readRunRecord(place.run).catch(() => null);
  if (run === null) return null;
  const of = { dir: resolve(place.out), fingerprint: run.fingerprint };
  return { array: jobName('array', of), join: jobName('join', of) };
}
