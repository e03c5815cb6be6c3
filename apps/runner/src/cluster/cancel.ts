import type { Layout } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import { byRole, submittedNames } from './job-names.js';
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
  const names = await submittedNames(place);
  if (names === null)
    throw new UsageError(
      `${place.out} holds no run that was submitted to a cluster; name the --out of holdfast submit`,
    );
  const queue = await slurm.queue([names.array, names.join]);
  if (queue.length === 0) {
    print('nothing was cancelled: no job of this run is in the queue');
    return;
  }
  const { arrays, joins } = byRole(queue, names);
  // The join first: it would begin when the tasks are gone.
  const ids = [...joins, ...arrays].map(({ job }) => job);
  await slurm.cancel([...new Set(ids)]);
  print(`cancelled: ${queueWords(arrays, joins)}`);
  print('finished work is kept: rerun holdfast submit to go on');
}
