/** A job, or a task of an array job, in the queue. */
export interface QueuedJob {
  /** What `scancel` and `scontrol` take: `12`, or `12_3` of an array. */
  id: string;
  /** The id that sbatch printed: that of the array for its tasks. */
  job: string;
  name: string;
  /** Such as `RUNNING`, `PENDING` or `COMPLETING`. */
  state: string;
  /** Why it waits, such as `Resources`; `None` if it does not. */
  reason: string;
}

/** What {@link parseQueue} reads; the reason comes last since it may hold any character. Fields as in squeue(1), `--format`. */
const FORMAT = '%i|%F|%j|%T|%r';

/**
 * Arguments of squeue that list jobs of these names, of whichever user, one line for each task of an array. Text, since the JSON
 * of squeue has another shape in each version, and that of 22.05 ignores the filters.
 */
export const queueArguments = (names: readonly string[]): string[] => [
  '--noheader',
  '--array',
  `--name=${names.join(',')}`,
  `--format=${FORMAT}`,
];

/**
 * What `squeue` printed for {@link queueArguments}.
 *
 * @throws Error for a line that has another shape.
 */
export function parseQueue(stdout: string): QueuedJob[] {
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const match = /^(\d+(?:_(?:\d+|\[.*?\]))?)\|(\d+)\|([^|]*)\|([A-Z_]+)\|(.*)$/.exec(line.trim());
      if (match === null) throw new Error(`squeue printed a line of another shape: ${line.trim()}`);
      const [, id, job, name, state, reason] = match as unknown as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      return { id, job, name, state, reason };
    });
}

/** Reasons for which a job never starts by itself, and what helps; by how squeue begins them. */
const STUCK: readonly (readonly [reason: string, remedy: string])[] = [
  ['launch failed requeued held', 'release it with: scontrol release JOB'],
  ['JobHeldUser', 'release it with: scontrol release JOB'],
  ['JobHeldAdmin', 'ask an administrator to release it'],
  ['DependencyNeverSatisfied', 'cancel it with: scancel JOB'],
  ['PartitionTimeLimit', 'cancel it and ask for a shorter --time'],
  ['PartitionNodeLimit', 'cancel it and ask for less'],
  ['BadConstraints', 'cancel it and mend its --constraint'],
  ['QOSMaxWallDurationPerJobLimit', 'cancel it and ask for a shorter --time'],
];

/** Why a job never starts by itself and what helps, in words; null for a job that does. */
export function stuck({ id, state, reason }: QueuedJob): string | null {
  if (state === 'SPECIAL_EXIT')
    return `${id} is held after its exit; release it with: scontrol release ${id}`;
  if (state !== 'PENDING') return null;
  const found = STUCK.find(([begins]) => reason.replace(/^\(/, '').startsWith(begins));
  return found === undefined ? null : `${id} waits for ever (${reason}); ${found[1].replace('JOB', id)}`;
}
