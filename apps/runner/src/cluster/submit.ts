import { resolve } from 'node:path';
import { ClusterError, checkSbatchArgs, isShortLimit, renderJoin } from '@holdfast/cluster';
import { shellWord } from '@holdfast/options';
import { BusyError, type Layout } from '@holdfast/run-folder';
import { runPlace } from '../embed-options.js';
import { UsageError } from '../errors.js';
import { ExitCode } from '../exit-codes.js';
import type { SubmitOptions } from '../submit-options.js';
import { byRole, type JobNames, namesFor, namesOfRun } from './job-names.js';
import { readJobs } from './jobs-record.js';
import { checkEngine } from './kubernetes-file.js';
import { planWork } from './plan-work.js';
import { queueWords } from './queue-words.js';
import { showJobs, showKubernetes } from './show-jobs.js';
import type { JobBase, Planned } from './slurm-jobs.js';
import type { SubmitContext } from './submit-context.js';
import { submitLeft, whyAgain } from './submit-left.js';
import { taskShape } from './task-shape.js';
import { outcomeOf, waitForJobs } from './wait-for-jobs.js';

/**
 * Plans a run and submits what is left of it: an array job whose tasks compute, and a job that joins. Jobs of the run in the
 * queue are never submitted again.
 *
 * @returns the exit code.
 * @throws UsageError; RunFailedError if Slurm refuses; StoppedError; what planning throws.
 */
export async function submit(options: SubmitOptions, context: SubmitContext): Promise<number> {
  const { slurm, print } = context;
  const place = runPlace(options.embed);
  checkEngine(options);
  usable(() => checkSbatchArgs(options.sbatchArgs));
  const base: JobBase = {
    dir: resolve(place.out),
    holdfast: context.holdfast,
    partition: options.partition,
    time: options.time,
    sbatchArgs: options.sbatchArgs,
  };
  // What can be refused is refused before the plan, which may take long: a folder, and a machine without Slurm.
  usable(() => renderJoin({ ...base, name: 'join', after: [] }));
  if (!options.dryRun) await slurm.queue(['holdfast']);
  if (options.embed.forceRestart) await refuseQueued(place, context);
  if (isShortLimit(options.time))
    context.report({
      type: 'warning',
      message: `--time ${options.time}: Slurm tells a task to end a minute or more before that, so little is computed in between; give tasks at least 10 minutes`,
    });
  const submitted = await planAndSubmit(options, base, context).catch(async (error: unknown) => {
    if (!(error instanceof BusyError) || options.dryRun) throw error;
    // A join that has ended meanwhile is in no queue, and holds the folder no longer.
    return (await joining(place, context, error)) ?? planAndSubmit(options, base, context);
  });
  if (typeof submitted === 'number') return submitted;
  if (options.wait) {
    context.onWaiting?.();
    await waitForJobs(submitted, context);
    const record = await readJobs(place);
    const why = record === null ? [] : await whyAgain(record, slurm);
    return await outcomeOf(place, options.embed, why);
  }
  nextSteps(place.out, print);
  return ExitCode.complete;
}

/** @returns the names of the jobs; or the exit code, if there is nothing to submit, or jobs are only shown. @throws BusyError. */
async function planAndSubmit(
  options: SubmitOptions,
  base: JobBase,
  context: SubmitContext,
): Promise<JobNames | number> {
  const { print, plan = planWork } = context;
  const place = runPlace(options.embed);
  await using work = await planFor(options, context, plan);
  if (work.finished || work.record === null) {
    print(`the result is in ${options.embed.out}: there is nothing to submit`);
    return await outcomeOf(place, options.embed);
  }
  const planned: Planned = { ...work, record: work.record };
  const { fingerprint } = work.record;
  const names = namesFor(place, fingerprint);
  if (options.engine === 'kubernetes')
    return await showKubernetes(options, { dir: base.dir, fingerprint, planned }, print);
  if (options.dryRun) return await showJobs(options, base, { planned, names, print });
  await submitLeft(options, base, { planned, names, context });
  return names;
}

const planFor = (options: SubmitOptions, { report, stop }: SubmitContext, plan: typeof planWork) => {
  const { slots, threads, device, elsewhere } = taskShape(options);
  return plan({ ...options.embed, device }, { slots, threads, elsewhere }, report, stop);
};

/**
 * A restart removes the run that jobs in the queue are for.
 *
 * @throws UsageError if there are any.
 */
async function refuseQueued(place: Layout, { slurm }: SubmitContext): Promise<void> {
  const known = [await namesOfRun(place), (await readJobs(place))?.names ?? null];
  const names = known.flatMap((each) => (each === null ? [] : [each.array, each.join]));
  if (names.length === 0) return;
  const queue = await slurm.queue(names);
  if (queue.length === 0) return;
  const ids = [...new Set(queue.map(({ job }) => job))].join(', ');
  throw new UsageError(
    `--force-restart would remove a run whose jobs are in the queue (${ids}); end them first: holdfast cancel ${shellWord(place.out)}`,
  );
}

/**
 * The folder is held: by a join, if jobs were submitted.
 *
 * @returns the names of the jobs; null if none is in the queue any more.
 * @throws the given error if none was ever submitted.
 */
async function joining(
  place: Layout,
  { slurm, print }: SubmitContext,
  busy: BusyError,
): Promise<JobNames | null> {
  const record = await readJobs(place);
  if (record === null) throw busy;
  const queue = await slurm.queue([record.names.array, record.names.join]);
  if (queue.length === 0) return null;
  const { arrays, joins } = byRole(queue, record.names);
  print(`nothing was submitted: ${queueWords(arrays, joins)}`);
  return record.names;
}

function nextSteps(dir: string, print: (line: string) => void): void {
  const folder = shellWord(dir);
  print(`see how it stands: holdfast status ${folder}`);
  print('submit what is left, if tasks are lost: the same command again');
  print(`end it: holdfast cancel ${folder}`);
}

/** @throws UsageError for what a ClusterError says. */
function usable(check: () => void): void {
  try {
    check();
  } catch (cause) {
    throw cause instanceof ClusterError ? new UsageError(cause.message, { cause }) : cause;
  }
}
