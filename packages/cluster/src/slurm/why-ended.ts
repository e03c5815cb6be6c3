/** Why an attempt ended, as a kind of failure of Holdfast's, and in words. */
export interface Ended {
  /** `spot_preemption`: no limit of retries. `transient`: may pass. Else something must change. */
  kind:
    | 'spot_preemption'
    | 'transient'
    | 'out_of_memory'
    | 'time_limit'
    | 'cancelled'
    | 'failed'
    | 'complete';
  words: string;
}

const WORDS: Readonly<Record<string, Ended>> = {
  PREEMPTED: { kind: 'spot_preemption', words: 'a job of a higher priority preempted it' },
  NODE_FAIL: { kind: 'transient', words: 'its node failed' },
  BOOT_FAIL: { kind: 'transient', words: 'its node did not boot' },
  REQUEUED: { kind: 'transient', words: 'it was requeued' },
  TIMEOUT: {
    kind: 'time_limit',
    words: 'it reached its time limit before it was requeued; a longer --time needs fewer restarts',
  },
  DEADLINE: { kind: 'time_limit', words: 'it reached its deadline' },
  OUT_OF_MEMORY: {
    kind: 'out_of_memory',
    words:
      'Slurm ended it for using more memory than it asked for; ask for more, such as --sbatch-arg=--mem=32G, or lower --batch-tokens',
  },
  CANCELLED: { kind: 'cancelled', words: 'it was cancelled' },
  REVOKED: { kind: 'cancelled', words: 'it was revoked' },
  COMPLETED: { kind: 'complete', words: 'it ended by itself' },
};

/**
 * Why a job ended.
 *
 * @param job its state as `scontrol show job` or `sacct` names it, such as `CANCELLED` or `CANCELLED by 1000`; whether it was being preempted.
 * @returns null if it has not ended.
 */
export function whyEnded({
  state,
  reason,
  preempted,
}: {
  state: string | null;
  reason?: string | null;
  preempted?: boolean;
}): Ended | null {
  const name = /^[A-Z_]+/.exec(state ?? '')?.[0] ?? '';
  if (preempted && name !== 'COMPLETED') return WORDS['PREEMPTED']!;
  const known = WORDS[name];
  if (known !== undefined) return known;
  if (name !== 'FAILED') return null;
  const why = reason && reason !== 'None' && reason !== 'NonZeroExitCode' ? ` (${reason})` : '';
  return { kind: 'failed', words: `it failed${why}; its log says why` };
}

/**
 * Why the tasks of a job ended that did not end by themselves, a line for each reason.
 *
 * @param jobs as `parseJobs` gives them.
 */
export function endedLines(
  jobs: readonly { id: string; state: string | null; reason?: string | null; preempted?: boolean }[],
): string[] {
  const ids = new Map<string, string[]>();
  for (const job of jobs) {
    const ended = whyEnded(job);
    if (ended === null || ended.kind === 'complete') continue;
    ids.set(ended.words, [...(ids.get(ended.words) ?? []), job.id]);
  }
  return [...ids].map(([words, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more like it`;
    return `job ${first}${more}: ${words}`;
  });
}

/**
 * Why the earlier attempt of a task ended that is running again.
 *
 * @param attempt the restarts that Slurm counts; whether the earlier attempt said why it left, and that it was being preempted.
 * @returns null for a first attempt.
 */
export function whyRestarted({
  restarts,
  saidGoodbye,
  preempted = false,
}: {
  restarts: number;
  saidGoodbye: boolean;
  preempted?: boolean;
}): Ended | null {
  if (restarts === 0) return null;
  if (preempted) return WORDS['PREEMPTED']!;
  return saidGoodbye
    ? { kind: 'spot_preemption', words: 'it was told to stop, saved, and was requeued' }
    : { kind: 'transient', words: 'it ended without recording why: its node failed, or it was killed' };
}
