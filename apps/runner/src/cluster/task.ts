/** What starts the tasks of a run on several machines. */
export type Engine = 'slurm' | 'kubernetes' | 'aws_batch' | 'by_hand';

/** One process that works on a run beside others: who it is. */
export interface Task {
  /** Unique among the tasks of a run, and the same when its engine starts it again. */
  name: string;
  engine: Engine;
  /** The engine's own name for its job; null by hand. */
  job: string | null;
  /** How often the engine has started it, from 1. */
  start: number;
  /** Its place among the tasks that began together, from 0, and how many these are. */
  index: number;
  count: number;
  /** Where it runs. */
  node: string;
}

/** Facts about this process. */
interface Here {
  host: string;
  pid: number;
}

/** Letters of a task's name, which becomes the name of files. Names differ at their ends, so a long one keeps that. */
const safe = (name: string) => name.replace(/[^A-Za-z0-9_.-]/g, '-').slice(-100);

const whole = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : null;

/** Null for 0, too: an engine that counts something begins at 1. */
const positive = (text: string | undefined): number | null => whole(text) || null;

/**
 * Who this process is, from the environment variables that its engine sets: Slurm's `SLURM_JOB_ID`, `SLURM_ARRAY_*`,
 * `SLURM_RESTART_COUNT`, `SLURM_STEP_ID` and `SLURM_PROCID` (sbatch(1), srun(1)), the `JOB_COMPLETION_INDEX` of an Indexed Job
 * of Kubernetes, and the `AWS_BATCH_*` of AWS Batch.
 */
export function taskOf(env: NodeJS.ProcessEnv, { host, pid }: Here): Task {
  const { AWS_BATCH_JOB_ID, JOB_COMPLETION_INDEX } = env;
  const slurm = slurmJob(env);
  if (slurm !== null) return slurmTask(env, slurm, host);
  if (AWS_BATCH_JOB_ID) {
    // A child of an array has its place in its ID, too: `<id>:<index>`.
    const index = whole(env['AWS_BATCH_JOB_ARRAY_INDEX']) ?? 0;
    const count = positive(env['AWS_BATCH_JOB_ARRAY_SIZE']) ?? index + 1;
    const start = positive(env['AWS_BATCH_JOB_ATTEMPT']) ?? 1;
    const job = AWS_BATCH_JOB_ID;
    return { name: safe(job), engine: 'aws_batch', job, start, index, count, node: host };
  }
  const index = whole(JOB_COMPLETION_INDEX);
  if (index !== null) {
    // The name of a pod is `<job>-<index>-<five letters>`; a later pod for the same index has other letters.
    const pod = env['HOSTNAME'] || host;
    const count = positive(env['HOLDFAST_TASKS']) ?? index + 1;
    return { name: safe(pod), engine: 'kubernetes', job: pod, start: 1, index, count, node: host };
  }
  return {
    name: safe(`${host}-${pid}`),
    engine: 'by_hand',
    job: null,
    start: 1,
    index: 0,
    count: 1,
    node: host,
  };
}

/** The job of this process as scontrol names it; null outside of Slurm. */
export function slurmJob(env: NodeJS.ProcessEnv): string | null {
  const { SLURM_JOB_ID, SLURM_ARRAY_JOB_ID } = env;
  if (!SLURM_JOB_ID) return null;
  const place = whole(env['SLURM_ARRAY_TASK_ID']);
  return SLURM_ARRAY_JOB_ID && place !== null ? `${SLURM_ARRAY_JOB_ID}_${place}` : SLURM_JOB_ID;
}

function slurmTask(env: NodeJS.ProcessEnv, job: string, host: string): Task {
  const place = whole(env['SLURM_ARRAY_TASK_ID']);
  const ranks = positive(env['SLURM_NTASKS']) ?? 1;
  const rank = whole(env['SLURM_PROCID']) ?? 0;
  // A script may start several steps side by side.
  const step = positive(env['SLURM_STEP_ID']);
  const first = whole(env['SLURM_ARRAY_TASK_MIN']) ?? 0;
  return {
    name: safe(`${job}${step === null ? '' : `-s${step}`}${ranks > 1 ? `.${rank}` : ''}`),
    engine: 'slurm',
    job,
    start: (whole(env['SLURM_RESTART_COUNT']) ?? 0) + 1,
    index: Math.max(0, (place ?? 0) - first) * ranks + rank,
    count: (positive(env['SLURM_ARRAY_TASK_COUNT']) ?? 1) * ranks,
    node: env['SLURMD_NODENAME'] || host,
  };
}

/** The owner of a claim, for people; `parseOwner` reads it back. */
export const ownerName = ({ name, start, node }: Task): string => `task ${name} (start ${start}) on ${node}`;

/** The task that owns a claim; null for another owner, such as a worker of `holdfast embed`. */
export function parseOwner(owner: string): Pick<Task, 'name' | 'start'> | null {
  const [, name, start] = /^task (\S+) \(start (\d+)\) on /.exec(owner) ?? [];
  return name === undefined ? null : { name, start: Number(start) };
}
