import type { ShownJob } from './scontrol.js';

/** Exit code that says "not finished, start me again": EX_TEMPFAIL of sysexits.h. */
export const AGAIN = 75;

/** How a stopped task ends. */
export type Leave =
  /** With this exit code, at once. */
  | { how: 'exit'; code: number }
  /** `scontrol requeue`, and then with this exit code; if that is refused, as for `linger`. */
  | { how: 'requeue'; code: number }
  /** Stay until Slurm kills the task at the end of the grace, then with this exit code. */
  | { how: 'linger'; code: number };

/** What is known of the job when its task was stopped. */
export interface Leaving {
  /** Exit codes after which the site requeues; null if it could not be asked. */
  requeueExit: readonly number[] | null;
  /** The job; null if Slurm could not be asked. */
  job: Pick<ShownJob, 'state' | 'preempted' | 'requeue'> | null;
  /** Whether scontrol answers here. */
  canScontrol: boolean;
}

/** Exit codes of a task that must not be requeued, best first. 143 is never one: Slurm books it as a failure of the program. */
const PLAIN = [130, 1, 2, 0];

/**
 * How a task that was stopped and has saved everything ends, so that Slurm requeues it. Pure.
 *
 * A job that is not running any more was cancelled or requeued: its fate is decided, and asking for a requeue could revive it.
 */
export function howToLeave({ requeueExit, job, canScontrol }: Leaving): Leave {
  const codes = requeueExit ?? [];
  if (job !== null && job.state !== null && job.state !== 'RUNNING')
    return { how: 'exit', code: PLAIN.find((code) => !codes.includes(code)) ?? 0 };
  if (codes.includes(AGAIN) && job?.requeue !== false) return { how: 'exit', code: AGAIN };
  if (canScontrol && job?.state === 'RUNNING') return { how: 'requeue', code: AGAIN };
  return { how: 'linger', code: AGAIN };
}
