import { join } from 'node:path';

/** The folder of what was computed beside the embeddings. */
const OUTPUTS = 'more_outputs';

/** The paths of logs. */
const logsIn = (logs: string) => ({
  logs,
  coordinatorLog: join(logs, 'coordinator.log'),
  log: (worker: number) => join(logs, `worker_${worker}.log`),
});

/** A run's folder as one of its tasks on several machines sees it: with logs of its own. */
export const layoutOfTask = (place: Layout, task: string): Layout => ({
  ...place,
  ...logsIn(join(place.logs, `task_${task}`)),
});

/** The file in which a task says what it is doing. */
export const taskBeat = ({ tasks }: Layout, task: string): string => join(tasks, `${task}.json`);

/**
 * The paths in a run's folder.
 *
 * @param option the command line's option that names it, for messages.
 */
export function layout(out: string, option: '--out' | '--work' = '--out') {
  const checkpoints = join(out, 'checkpoints');
  const cluster = join(out, 'cluster');
  const logs = join(out, 'logs');
  return {
    out,
    option,
    lock: join(out, '.lock'),
    /** Marks the folder's other names as a run's own. */
    ownership: join(out, '.holdfast'),
    /** Records which run a restart is about to replace, and by what. */
    restart: join(out, '.holdfast-restart'),
    /** Exists while quarantined sequences of a complete result are reattempted: the checkpoints may hold more rows than the result. */
    retry: join(out, '.holdfast-retry'),
    /** What the running command is doing, rewritten every few seconds for `holdfast status`. Nothing else reads it. */
    heartbeat: join(out, '.holdfast-heartbeat'),
    /** When, where and with what the run was started, for `result.json`. */
    starts: join(out, '.holdfast-starts'),
    workersLock: join(out, '.workers.lock'),
    run: join(out, 'run.json'),
    /** What a lower precision costs, measured once, before anything is embedded. */
    precision: join(out, 'precision.json'),
    /** The sequences that it is measured on, meanwhile. */
    precisionSample: join(out, 'precision.tmp'),
    /** The rows that copies need, while the result is joined. */
    copiedRows: join(out, 'rows.tmp'),
    index: join(out, 'index'),
    newIndex: join(out, 'index.tmp'),
    checkpoints,
    manifest: join(checkpoints, 'manifest.json'),
    shard: (shard: number) => join(checkpoints, `shard_${shard}`),
    /** What a run on several machines keeps beside its checkpoints. */
    cluster,
    /** What its tasks and its join do. */
    work: join(cluster, 'work.json'),
    /** The jobs that were submitted. */
    jobs: join(cluster, 'jobs.json'),
    /** What each task is doing, in a file of its own. */
    tasks: join(cluster, 'tasks'),
    ...logsIn(logs),
    ids: join(out, 'ids.txt'),
    quarantine: join(out, 'quarantine.tsv'),
    /** Records of the input that were left out. */
    skipped: join(out, 'skipped.tsv'),
    /** A line for each sequence of the input: where it is from, and where its row is. */
    sequences: join(out, 'sequences.tsv'),
    embeddings: (format: string) => join(out, `embeddings.${format}`),
    /** What was computed beside the embeddings. */
    outputs: join(out, OUTPUTS),
    /** A file of it. @param file its name, with its format. */
    output: (file: string) => join(out, OUTPUTS, file),
    result: join(out, 'result.json'),
  };
}

export type Layout = ReturnType<typeof layout>;
