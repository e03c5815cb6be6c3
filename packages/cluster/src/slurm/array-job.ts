import { shellWord } from '@holdfast/options';
import { refusePath } from './refuse-path.js';

/** A command as a line for a shell. */
const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ');

/** What a job of a run is. */
export type JobRole = 'array' | 'join';

/** What both jobs of a run have. */
export interface RunOnSlurm {
  /** The run's folder, as an absolute path that every node has. */
  dir: string;
  /** The command that starts Holdfast, as absolute paths. */
  holdfast: readonly string[];
  /** Names the job in the queue; see `jobName`. */
  name: string;
  partition?: string | undefined;
  /** As `sbatch --time` takes it. */
  time?: string | undefined;
  /** More arguments of sbatch, checked by `checkSbatchArgs`. */
  sbatchArgs: readonly string[];
}

/** The array job, each of whose tasks claims shards. */
export interface ArrayJob extends RunOnSlurm {
  tasks: number;
  /** The most tasks that run at once. */
  maxConcurrent?: number | undefined;
  gpusPerTask?: number | undefined;
  cpusPerTask?: number | undefined;
}

/** The job that joins the shards. */
export interface JoinJob extends RunOnSlurm {
  /** It starts once all of these jobs have ended, however they ended. */
  after: readonly string[];
}

/** A job to submit. */
export interface RenderedJob {
  /** Arguments of sbatch; the script's path comes after them. */
  args: string[];
  /** The script's text. */
  script: string;
}

/** Seconds before its time limit at which a task is warned. */
const WARN_SEC = 60;

/** Arguments that ask for what only computing needs. */
const COMPUTING = /^--(gres|gpu|exclusive|hint|cores-per-socket|sockets-per-node|threads-per-core|tres-)/;

/** @throws ClusterError for a folder that jobs could not be pointed at. */
export function renderArray(job: ArrayJob): RenderedJob {
  const { tasks, maxConcurrent, gpusPerTask, cpusPerTask = 1 } = job;
  const most = maxConcurrent === undefined ? '' : `%${maxConcurrent}`;
  const args = [
    '--parsable',
    `--array=0-${tasks - 1}${most}`,
    ...common(job, 'slurm-%A_%a.out'),
    `--cpus-per-task=${cpusPerTask}`,
    // Per node, of which a task has one: this also works where the options that begin with --gpus do not (select/cons_res).
    ...(gpusPerTask === undefined ? [] : [`--gres=gpu:${gpusPerTask}`]),
    ...job.sbatchArgs,
  ];
  return { args, script: script(job, 'work', cpusPerTask) };
}

/** @throws ClusterError for a folder that jobs could not be pointed at. */
export function renderJoin(job: JoinJob): RenderedJob {
  const args = [
    '--parsable',
    // Not afterok: the join decides from the manifest, and a failed task may have finished its shards.
    ...(job.after.length > 0 ? [`--dependency=afterany:${job.after.join(':')}`] : []),
    ...common(job, 'slurm-join-%j.out'),
    '--cpus-per-task=1',
    ...job.sbatchArgs.filter((each) => !COMPUTING.test(each)),
  ];
  return { args, script: script(job, 'join', 1) };
}

function common({ dir, name, partition, time }: RunOnSlurm, log: string): string[] {
  refusePath(dir);
  return [
    `--job-name=${name}`,
    // Slurm expands % in the whole path.
    `--output=${dir.replaceAll('%', '%%')}/logs/${log}`,
    '--open-mode=append',
    // Every node has this folder, which the one where sbatch was typed need not be.
    `--chdir=${dir}`,
    '--requeue',
    `--signal=TERM@${WARN_SEC}`,
    '--nodes=1',
    '--ntasks=1',
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
  ];
}

function script({ dir, holdfast }: RunOnSlurm, command: 'work' | 'join', cpus: number): string {
  return [
    '#!/bin/bash',
    `# Written by holdfast submit. Rerun that command instead of submitting this file by hand.`,
    '# This shell outlives a warning, so that the exit code below is what Slurm gets.',
    "trap ':' TERM USR1 USR2",
    '# srun passes the warning of a preemption on at once. This shell alone would get it at the end of the grace.',
    `srun --ntasks=1 --cpus-per-task=${cpus} ${shellLine(holdfast)} ${command} ${shellWord(dir)}`,
    'code=$?',
    '# A signal before Holdfast could handle it. Slurm requeues no job that ends with 143.',
    'if [ "$code" -eq 143 ]; then code=75; fi',
    'exit "$code"',
    '',
  ].join('\n');
}

/** Options of sbatch that srun has too, and that say where a task may run and who pays. */
const WHERE =
  /^--(account|qos|reservation|constraint|exclude|licenses|wckey|gres|gpus|gpus-per-node|mem|mem-per-cpu|mem-per-gpu)=/;

/** Arguments of srun that ask for one process where the tasks of an array run, for a check. */
export function nodeArguments({
  partition,
  gpusPerTask,
  sbatchArgs,
}: Pick<ArrayJob, 'partition' | 'gpusPerTask' | 'sbatchArgs'>): string[] {
  return [
    '--nodes=1',
    '--ntasks=1',
    '--job-name=holdfast-check',
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    // Some sites refuse a job without a GPU in a partition that has them.
    ...(gpusPerTask === undefined ? [] : [`--gres=gpu:${gpusPerTask}`]),
    ...sbatchArgs.filter((each) => WHERE.test(each)),
  ];
}

/** The line that submits a job, for people. */
export const sbatchLine = ({ args }: RenderedJob, path: string): string =>
  shellLine(['sbatch', ...args, path]);
