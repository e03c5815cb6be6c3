import { parseQueue, parseSubmitted, type QueuedJob, queueArguments, refusalOf } from '@holdfast/cluster';
import { askProgram } from '@holdfast/process';
import { RunFailedError, UsageError } from '../errors.js';
import { ExitCode } from '../exit-codes.js';
import type { NodeRun } from './prove-locks.js';

/** Milliseconds that a program of Slurm may take: a busy controller answers late. */
const LIMIT_MS = 60_000;

/** Seconds that a node may take to become free for a check. */
const NODE_SEC = 60;

/** Slurm did not do what it was asked to. What was submitted before stays. */
const failed = (message: string) => new RunFailedError(message, ExitCode.unexpected);

/** Slurm, as `submit` and `cancel` use it. */
export interface Slurm {
  /**
   * Submits a script. Not interrupted by a signal, since then nobody would know whether the job exists.
   *
   * @returns the job's id.
   */
  submit(args: readonly string[], script: string): Promise<string>;
  /** Jobs of these names in the queue. */
  queue(names: readonly string[]): Promise<QueuedJob[]>;
  /** Runs a command on a node, within a minute or not at all. @param args of srun. */
  onNode(args: readonly string[], command: readonly string[]): Promise<NodeRun>;
  /** @param ids jobs, or tasks of an array. */
  cancel(ids: readonly string[]): Promise<void>;
}

/** The Slurm whose programs are on PATH. Its methods throw UsageError if they are not, and RunFailedError if they fail. */
export const slurm: Slurm = {
  async submit(args, script) {
    const stdout = await ask('sbatch', [...args, script]);
    const id = parseSubmitted(stdout);
    if (id === null) throw failed(`sbatch printed no job id, but: ${stdout.trim() || 'nothing'}`);
    return id;
  },
  async queue(names) {
    const stdout = await ask('squeue', queueArguments(names));
    try {
      return parseQueue(stdout);
    } catch (cause) {
      throw new RunFailedError(
        `${(cause as Error).message}; submit nothing before the queue can be read`,
        ExitCode.unexpected,
      );
    }
  },
  async onNode(args, command) {
    const limits = [`--immediate=${NODE_SEC}`, '--time=2', '--input=none'];
    const words = [...limits, ...args, ...command];
    const { stdout, failure } = await askProgram('srun', words, { limitMs: 2 * NODE_SEC * 1000 });
    const code = typeof failure?.code === 'number' ? failure.code : failure === null ? 0 : 1;
    return { code, stdout, stderr: failure === null ? '' : refusalOf(saidIn(failure.message)) };
  },
  async cancel(ids) {
    await ask('scancel', ids);
  },
};

/** What a program wrote to standard error, which follows its command line. */
const saidIn = (message: string) => message.split('\n').slice(1).join('\n');

/** @throws UsageError; RunFailedError with what the program said. */
async function ask(name: string, args: readonly string[]): Promise<string> {
  const { stdout, failure } = await askProgram(name, args, { limitMs: LIMIT_MS });
  if (failure === null) return stdout;
  if (failure.code === 'ENOENT')
    throw new UsageError(
      `${name} is not on PATH: this machine has no Slurm; go to a login node of the cluster, or see with --dry-run what would be submitted`,
    );
  if (failure.silent)
    throw failed(
      `${name} did not answer in ${LIMIT_MS / 1000} s; rerun the same command, which looks into the queue before it submits anything`,
    );
  throw failed(`${name} refused: ${refusalOf(saidIn(failure.message))}`);
}
