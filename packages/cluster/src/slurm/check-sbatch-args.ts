import { ClusterError } from '../cluster-error.js';

/** Options of sbatch that would break a run, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  nodelist: 'a requeued task would wait for that node even if it is dead; use --exclude or --constraint',
  nodefile: 'a requeued task would wait for those nodes even if they are dead; use --exclude or --constraint',
  'no-requeue': 'a preempted task could not go on; leave it out',
  array: 'use --tasks and --max-concurrent',
  wrap: 'the script is written by holdfast submit; leave it out',
  dependency: 'the join depends on the tasks by it; submit once the other job has ended',
  'job-name': "the run's jobs are found by their names; leave it out",
  output: 'logs are in the logs folder of --out; leave it out',
  error: 'logs are in the logs folder of --out; leave it out',
  input: 'tasks read no standard input; leave it out',
  'open-mode': "a requeued task must not erase its log's beginning; leave it out",
  signal: 'the warning before a time limit is set by holdfast submit; leave it out',
  chdir: 'paths in a run are absolute; leave it out',
  nodes: 'each task has one node; use --tasks',
  ntasks: 'each task is one process; use --tasks',
  'ntasks-per-node': 'each task is one process; use --tasks',
  'ntasks-per-core': 'each task is one process; use --tasks',
  'ntasks-per-socket': 'each task is one process; use --tasks',
  'ntasks-per-gpu': 'each task is one process; use --tasks and --gpus-per-task',
  'cpus-per-task': 'use the --cpus-per-task of holdfast submit',
  'gpus-per-task': 'use the --gpus-per-task of holdfast submit',
  partition: 'use the --partition of holdfast submit',
  time: 'use the --time of holdfast submit',
  clusters: 'submit from a login node of that cluster',
  cluster: 'submit from a login node of that cluster',
  'test-only': 'use --dry-run',
  wait: 'use the --wait of holdfast submit',
  parsable: 'it is set by holdfast submit; leave it out',
  help: 'see sbatch --help',
  usage: 'see sbatch --usage',
  version: 'see sbatch --version',
};

/** Options of sbatch without a value. */
const FLAGS: readonly string[] = [
  'contiguous',
  'exclusive',
  'get-user-env',
  'hold',
  'ignore-pbs',
  'no-kill',
  'overcommit',
  'oversubscribe',
  'quiet',
  'reboot',
  'requeue',
  'spread-job',
  'use-min-nodes',
  'verbose',
];

/**
 * Checks what a user adds to the sbatch line.
 *
 * @throws ClusterError that names an argument that would break the run, or that sbatch would read with the next word.
 */
export function checkSbatchArgs(args: readonly string[]): void {
  for (const arg of args) {
    const refuse = (why: string): never => {
      throw new ClusterError(`--sbatch-arg=${arg}: ${why}`);
    };
    const [, name, value] = /^--([a-z][a-z0-9-]*)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined)
      return refuse('write an option of sbatch in its long form, such as --sbatch-arg=--account=lab');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    if (/[\u0000-\u001f\u007f]/.test(arg)) return refuse('it has a line break or another control character');
    const exact = REFUSED[name];
    if (exact !== undefined) return refuse(exact);
    // sbatch reads the beginning of a name as the name.
    const meant = FLAGS.includes(name)
      ? undefined
      : Object.keys(REFUSED).find((each) => each.startsWith(name));
    if (meant !== undefined)
      return refuse(`sbatch may read it as --${meant}; write the whole name of another option`);
    if (value === undefined && !FLAGS.includes(name))
      return refuse(`write its value behind =, such as --sbatch-arg=--${name}=VALUE`);
  }
}
