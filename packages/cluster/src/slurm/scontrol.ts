/** Facts of a site that decide how a job goes back into the queue. */
export interface SiteFacts {
  /** Exit codes after which Slurm requeues a job. */
  requeueExit: readonly number[];
  /** What happens to preempted jobs, such as `REQUEUE` or `CANCEL`; null if it is not said. */
  preemptMode: string | null;
}

/** What `scontrol show job` says of a job. Fields that a version does not print are null. */
export interface ShownJob {
  state: string | null;
  reason: string | null;
  restarts: number | null;
  /** Whether Slurm is preempting it now. */
  preempted: boolean;
  /** Whether it may be requeued. */
  requeue: boolean | null;
  timeLimit: string | null;
  node: string | null;
}

/** The most exit codes of a process. */
const CODES = 256;

/** What `scontrol show config` printed. */
export function parseConfig(stdout: string): SiteFacts {
  const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(.*?)\\s*$`, 'm').exec(stdout)?.[1];
  const mode = value('PreemptMode');
  return {
    requeueExit: parseCodes(value('RequeueExit') ?? ''),
    preemptMode: mode === undefined || mode === '' || mode === '(null)' ? null : mode,
  };
}

/** A list of exit codes and ranges, such as `1-5,75`; what is not one is left out. */
export function parseCodes(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, from, to = from] = /^\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*$/.exec(part) ?? [];
    if (from === undefined) return [];
    const length = Math.min(Number(to), CODES - 1) - Number(from) + 1;
    return Array.from({ length: Math.max(0, length) }, (_, index) => Number(from) + index);
  });
}

/** What `scontrol show job ID` printed: of its first record, if it printed those of a whole array. */
export function parseJob(stdout: string): ShownJob {
  const [first = ''] = stdout.trim().split(/\n\s*\n/);
  const value = (name: string) => {
    const found = new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(first)?.[1];
    return found === undefined || found === '' || found === '(null)' ? null : found;
  };
  const restarts = value('Restarts');
  const preemptTime = value('PreemptTime');
  const requeue = value('Requeue');
  return {
    state: value('JobState'),
    reason: value('Reason'),
    restarts: restarts === null ? null : Number(restarts),
    preempted: preemptTime !== null && preemptTime !== 'None' && preemptTime !== 'Unknown',
    requeue: requeue === null ? null : requeue === '1',
    timeLimit: value('TimeLimit'),
    node: value('BatchHost'),
  };
}
