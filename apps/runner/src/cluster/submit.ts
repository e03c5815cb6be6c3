import { join, resolve } from 'node:path';
import {
  bashQuote,
  ClusterError,
  checkSbatchArgs,
  isShortLimit,
  jobName,
  nodeArguments,
  type QueuedJob,
  type RenderedJob,
  type RunOnSlurm,
  renderArray,
  renderJoin,
  sbatchLine,
  stuck,
  taskCount,
  whatToSubmit,
} from '@holdfast/cluster';
import { makeDirectoryDurably, writeFileDurably } from '@holdfast/durable';
import { counted } from '@holdfast/options';
import { BusyError, type Layout, type RunRecord, readRunRecord } from '@holdfast/run-folder';
import { runPlace, type Stop } from '../embed-options.js';
import { RunFailedError, UsageError } from '../errors.js';
import type { Report } from '../events.js';
import { ExitCode } from '../exit-codes.js';
import type { SubmitOptions } from '../submit-options.js';
import { type JobsRecord, readJobs, writeJobs } from './jobs-record.js';
import { checkEngine, kubernetesFile } from './kubernetes-file.js';
import { type PlannedWork, planWork } from './plan-work.js';
import { proveLocks } from './prove-locks.js';
import { queueWords } from './queue-words.js';
import type { Slurm } from './slurm.js';
import { taskShape } from './task-shape.js';
import { outcomeOf, waitForJobs } from './wait-for-jobs.js';

/** What `submit` needs from outside. */
export interface SubmitContext {
  slurm: Slurm;
  /** The command that starts Holdfast, as absolute paths. */
  holdfast: readonly string[];
  report: Report;
  /** Prints a line on standard output. */
  print(line: string): void;
  stop: Stop;
  /** Called once only waiting is left. */
  onWaiting?(): void;
  plan?: typeof planWork;
  prove?: typeof proveLocks;
}

/**
 * Plans a run and submits what is left of it: an array job whose tasks compute, and a job that joins. Jobs of the run in the
 * queue are never submitted again.
 *
 * @returns the exit code.
 * @throws UsageError; RunFailedError if Slurm refuses; StoppedError; what planning throws.
 */
export async function submit(options: SubmitOptions, context: SubmitContext): Promise<number> {
  const { slurm, print, plan = planWork } = context;
  const place = runPlace(options.embed);
  checkEngine(options);
  usable(() => checkSbatchArgs(options.sbatchArgs));
  const base: Omit<RunOnSlurm, 'name'> = {
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
  let names: JobsRecord['names'];
  try {
    await using work = await planFor(options, context, plan);
    if (work.finished || work.record === null) {
      print(`the result is in ${options.embed.out}: there is nothing to submit`);
      return await outcomeOf(place, options.embed);
    }
    const run = { dir: base.dir, fingerprint: work.record.fingerprint };
    names = { array: jobName('array', run), join: jobName('join', run) };
    if (options.engine === 'kubernetes')
      return await showKubernetes(options, { ...run, planned: work }, print);
    if (options.dryRun)
      return await showJobs(options, base, { planned: { ...work, record: work.record }, names, print });
    await submitLeft(options, base, { planned: { ...work, record: work.record }, names, context });
  } catch (error) {
    if (!(error instanceof BusyError) || options.dryRun) throw error;
    names = await joining(place, slurm, error, print);
  }
  if (options.wait) {
    context.onWaiting?.();
    await waitForJobs(names, context);
    const record = await readJobs(place);
    const why = record === null ? [] : await whyAgain(record, slurm);
    return await outcomeOf(place, options.embed, why);
  }
  nextSteps(place.out, print);
  return ExitCode.complete;
}

const planFor = (options: SubmitOptions, { report, stop }: SubmitContext, plan: typeof planWork) => {
  const { slots, threads, device, elsewhere } = taskShape(options);
  return plan({ ...options.embed, device }, { slots, threads, elsewhere }, report, stop);
};

/** A run that is not finished. */
type Planned = Omit<PlannedWork, 'record'> & { record: RunRecord };

interface Jobs {
  array: RenderedJob;
  join(after: readonly string[]): RenderedJob;
  tasks: number;
}

function rendered(
  options: SubmitOptions,
  base: Omit<RunOnSlurm, 'name'>,
  { planned, names }: { planned: Planned; names: JobsRecord['names'] },
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

const scriptOf = ({ cluster }: Layout, role: 'task' | 'join') => join(cluster, `${role}.sh`);

async function writeScript(path: string, { script }: RenderedJob): Promise<string> {
  await writeFileDurably(path, script);
  return path;
}

/** Writes the scripts and shows how they would be submitted. */
async function showJobs(
  options: SubmitOptions,
  base: Omit<RunOnSlurm, 'name'>,
  { planned, names, print }: { planned: Planned; names: JobsRecord['names']; print(line: string): void },
): Promise<number> {
  const jobs = rendered(options, base, { planned, names });
  const place = { ...planned.place, cluster: join(base.dir, 'cluster') };
  await makeDirectoryDurably(place.cluster);
  // Slurm opens logs only in a folder that is there.
  await makeDirectoryDurably(planned.place.logs);
  const show = async (role: 'task' | 'join', job: RenderedJob) => {
    const path = await writeScript(scriptOf(place, role), job);
    print(`# ${path}`);
    for (const line of job.script.trimEnd().split('\n')) print(line);
    print('');
    return sbatchLine(job, path);
  };
  const lines = [];
  if (planned.left.length > 0) lines.push(`array=$(${await show('task', jobs.array)})`);
  const last = await show('join', jobs.join(planned.left.length > 0 ? ['ARRAY'] : []));
  lines.push(last.replace('--dependency=afterany:ARRAY', '--dependency=afterany:"$array"'));
  print(
    `# ${counted(planned.left.length, 'shard')} of ${planned.shards} left; nothing was submitted. It would be:`,
  );
  for (const line of lines) print(line);
  return ExitCode.complete;
}

/** Writes and shows the file for Kubernetes. */
async function showKubernetes(
  options: SubmitOptions,
  { dir, fingerprint, planned }: { dir: string; fingerprint: string; planned: PlannedWork },
  print: (line: string) => void,
): Promise<number> {
  const text = kubernetesFile(options, { dir, fingerprint, left: planned.left.length });
  await makeDirectoryDurably(planned.place.cluster);
  await writeFileDurably(join(planned.place.cluster, 'kubernetes.yaml'), text);
  for (const line of text.trimEnd().split('\n')) print(line);
  return ExitCode.complete;
}

/** Submits what is neither done nor in the queue, and records it. */
async function submitLeft(
  options: SubmitOptions,
  base: Omit<RunOnSlurm, 'name'>,
  { planned, names, context }: { planned: Planned; names: JobsRecord['names']; context: SubmitContext },
): Promise<void> {
  const { slurm, print, stop, report } = context;
  const place = { ...planned.place, cluster: join(base.dir, 'cluster') };
  const queue = await slurm.queue([names.array, names.join]);
  const arrays = queue.filter(({ name }) => name === names.array);
  const joins = queue.filter(({ name }) => name === names.join);
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
async function whyAgain({ jobs }: JobsRecord, slurm: Slurm): Promise<string[]> {
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

/**
 * A restart removes the run that jobs in the queue are for.
 *
 * @throws UsageError if there are any.
 */
async function refuseQueued(place: Layout, { slurm }: SubmitContext): Promise<void> {
  const record = await readRunRecord(place.run).catch(() => null);
  const known = await readJobs(place);
  if (record === null && known === null) return;
  const run = record && { dir: resolve(place.out), fingerprint: record.fingerprint };
  const names = [
    ...(run ? [jobName('array', run), jobName('join', run)] : []),
    ...(known ? [known.names.array, known.names.join] : []),
  ];
  const queue = await slurm.queue(names);
  if (queue.length === 0) return;
  const ids = [...new Set(queue.map(({ job }) => job))].join(', ');
  throw new UsageError(
    `--force-restart would remove a run whose jobs are in the queue (${ids}); end them first: holdfast cancel ${bashQuote(place.out)}`,
  );
}

/** The folder is held: by a join, which is then in the queue. @throws the given error if it is held by something else. */
async function joining(
  place: Layout,
  slurm: Slurm,
  busy: BusyError,
  print: (line: string) => void,
): Promise<JobsRecord['names']> {
  const record = await readJobs(place);
  const queue: QueuedJob[] =
    record === null ? [] : await slurm.queue([record.names.array, record.names.join]);
  if (record === null || queue.length === 0) throw busy;
  const of = (role: 'array' | 'join') => queue.filter(({ name }) => name === record.names[role]);
  print(`nothing was submitted: ${queueWords(of('array'), of('join'))}`);
  return record.names;
}

function nextSteps(dir: string, print: (line: string) => void): void {
  const folder = bashQuote(dir);
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
