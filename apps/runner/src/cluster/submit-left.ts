import { join } from 'node:path';
import { nodeArguments, stuck, whatToSubmit } from '@holdfast/cluster';
import { makeDirectoryDurably } from '@holdfast/durable';
import { counted } from '@holdfast/options';
import type { Layout } from '@holdfast/run-folder';
import { RunFailedError } from '../errors.js';
import type { SubmitOptions } from '../submit-options.js';
import { byRole, type JobNames } from './job-names.js';
import { type JobsRecord, readJobs, writeJobs } from './jobs-record.js';
import { proveLocks } from './prove-locks.js';
import { queueWords } from './queue-words.js';
import type { Slurm } from './slurm.js';
import { type JobBase, type Planned, rendered, scriptOf, writeScript } from './slurm-jobs.js';
import type { SubmitContext } from './submit-context.js';

/** Submits what is neither done nor in the queue, and records it. */
export async function submitLeft(
  options: SubmitOptions,
  base: JobBase,
  { planned, names, context }: { planned: Planned; names: JobNames; context: SubmitContext },
): Promise<void> {
  const { slurm, print, stop, report } = context;
  const place = { ...planned.place, cluster: join(base.dir, 'cluster') };
  const queue = await slurm.queue([names.array, names.join]);
  const { arrays, joins } = byRole(queue, names);
  const left = planned.left.length;
  const what = whatToSubmit({ left, finished: planned.finished, arrays, joins });
  const earlier = await readJobs(planned.place);
  const record: JobsRecord = {
    run: planned.record.fingerprint,
    engine: 'slurm',
    names,
    jobs: earlier?.run === planned.record.fingerprint ? earlier.jobs : [],
  };
  const keep = async (role: 'array' | 'join', id: string) => {
    if (record.jobs.some((job) => job.id === id)) return;
    record.jobs.push({ id, role, at: new Date().toISOString() });
    await writeJobs(planned.place, record);
  };
  // Jobs that a killed command has submitted but could not record.
  for (const { job } of arrays) await keep('array', job);
  for (const { job } of joins) await keep('join', job);
  for (const job of queue) {
    const message = stuck(job);
    if (message !== null) report({ type: 'warning', message });
  }
  if (!what.array && !what.join) {
    print(`nothing was submitted: ${queueWords(arrays, joins)}`);
    return;
  }
  for (const message of await whyAgain(record, slurm)) report({ type: 'warning', message });
  const jobs = rendered(options, base, { planned, names });
  await makeDirectoryDurably(place.cluster);
  await makeDirectoryDurably(planned.place.logs);
  // Tasks have worked here if there were jobs.
  if (what.array && earlier === null) await checkLocks(options, planned.place, context);
  stop.signal.throwIfAborted();
  const after = [...what.after];
  let submitted: string | null = null;
  if (what.array) {
    submitted = await slurm.submit(jobs.array.args, await writeScript(scriptOf(place, 'task'), jobs.array));
    await keep('array', submitted);
    after.push(submitted);
  }
  const job = jobs.join(after);
  let joined: string;
  try {
    joined = await slurm.submit(job.args, await writeScript(scriptOf(place, 'join'), job));
  } catch (error) {
    if (submitted === null) throw error;
    // Tasks without a join would compute for nobody.
    await slurm.cancel([submitted]);
    report({
      type: 'warning',
      message: `array job ${submitted} was cancelled, since its join could not be submitted`,
    });
    throw error;
  }
  await keep('join', joined);
  print(
    submitted === null
      ? `submitted job ${joined}, which joins; ${arrays.length > 0 ? queueWords(arrays, []) : `all ${counted(planned.shards, 'shard')} are complete`}`
      : `submitted array job ${submitted} (${counted(jobs.tasks, 'task')} for ${counted(left, 'shard')}) and job ${joined}, which joins`,
  );
}

/** Why shards are left though an array was submitted, as far as Slurm remembers. */
export async function whyAgain({ jobs }: JobsRecord, slurm: Slurm): Promise<string[]> {
  const last = jobs.filter(({ role }) => role === 'array').at(-1);
  return last === undefined ? [] : slurm.ended(last.id);
}

/** Proves that locks work between this machine and a node. @throws UsageError if they do not. */
async function checkLocks(options: SubmitOptions, place: Layout, context: SubmitContext): Promise<void> {
  const { slurm, holdfast, report, prove = proveLocks } = context;
  const args = nodeArguments(options);
  try {
    await prove(place, (argv) => slurm.onNode(args, [...holdfast, ...argv]));
  } catch (error) {
    // A full cluster is no fault.
    if (!(error instanceof RunFailedError)) throw error;
    const message = `${error.message}; submitting without that`;
    report({ type: 'warning', message });
  }
}
