import { setTimeout as delay } from 'node:timers/promises';
import { AGAIN, howToLeave, parseConfig, parseJob, type ShownJob } from '@holdfast/cluster';
import { askProgram } from '@holdfast/process';
import { slurmJob } from './task.js';

/** Milliseconds that scontrol may take: the grace may be short. */
const LIMIT_MS = 5000;

/** How a stopped task leaves. */
export interface LeaveOptions {
  /** The most milliseconds to stay if only Slurm's kill requeues the task. */
  graceMs: number;
  /** Ends the staying at once. */
  now?: AbortSignal;
  /** Tells what is done, in a line of the task's log. */
  say?(line: string): void;
  /** Runs scontrol. */
  ask?: typeof askProgram;
}

/**
 * Ends a task that a signal has stopped and that has saved everything, so that its engine starts it again: under Slurm as
 * `howToLeave` decides, elsewhere by an exit code other than 0.
 *
 * @param env of the task: Slurm's `SLURM_JOB_ID`, `SLURM_ARRAY_JOB_ID` and `SLURM_ARRAY_TASK_ID`.
 * @returns the exit code, never 143.
 */
export async function leaveForRequeue(env: NodeJS.ProcessEnv, options: LeaveOptions): Promise<number> {
  const { graceMs, now, say = () => undefined, ask = askProgram } = options;
  // A second signal then ends the staying, not this process.
  now?.addEventListener('abort', () => undefined);
  const id = slurmJob(env);
  if (id === null) return AGAIN;
  const scontrol = async (...args: string[]) => {
    const { stdout, failure } = await ask('scontrol', args, { limitMs: LIMIT_MS });
    return failure === null ? stdout : null;
  };
  const [config, shown] = await Promise.all([
    scontrol('show', 'config'),
    scontrol('--oneliner', 'show', 'job', id),
  ]);
  const job = shown === null ? null : parseJob(shown);
  const requeueExit = config === null ? null : parseConfig(config).requeueExit;
  const leave = howToLeave({ requeueExit, job, canScontrol: job !== null });
  const why = job?.preempted ? 'preempted' : 'told to stop';
  if (leave.how === 'exit') {
    const then =
      leave.code === AGAIN ? 'Slurm requeues it' : `its job is ${stateOf(job)}, so it is not requeued`;
    say(`job ${id} was ${why}; exit code ${leave.code}: ${then}`);
    return leave.code;
  }
  if (leave.how === 'requeue' && (await scontrol('requeue', id)) !== null) {
    say(`job ${id} was ${why}, and is requeued by scontrol`);
    return leave.code;
  }
  say(`job ${id} was ${why}, and stays until Slurm ends it, for at most ${Math.ceil(graceMs / 1000)} s`);
  await delay(graceMs, undefined, { ...(now && { signal: now }) }).catch(() => undefined);
  return leave.code;
}

const stateOf = (job: ShownJob | null) => (job?.state ?? 'gone').toLowerCase();
