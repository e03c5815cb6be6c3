import { join } from 'node:path';

/** Where everything lies in an output folder. */
export function layout(out: string) {
  const checkpoints = join(out, 'checkpoints');
  return {
    out,
    lock: join(out, '.lock'),
    /** Says that the folder's other names are a run's own. */
    ownership: join(out, '.holdfast'),
    /** Says which run a restart is about to replace, and by what. */
    restart: join(out, '.holdfast-restart'),
    /** There while quarantined sequences of a complete result are tried again: its rows may not be all that there are. */
    retry: join(out, '.holdfast-retry'),
    workersLock: join(out, '.workers.lock'),
    run: join(out, 'run.json'),
    index: join(out, 'index'),
    newIndex: join(out, 'index.tmp'),
    checkpoints,
    manifest: join(checkpoints, 'manifest.json'),
    shard: (shard: number) => join(checkpoints, `shard_${shard}`),
    logs: join(out, 'logs'),
    coordinatorLog: join(out, 'logs', 'coordinator.log'),
    log: (worker: number) => join(out, 'logs', `worker_${worker}.log`),
    ids: join(out, 'ids.txt'),
    quarantine: join(out, 'quarantine.tsv'),
    embeddings: (format: string) => join(out, `embeddings.${format}`),
    result: join(out, 'result.json'),
  };
}

export type Layout = ReturnType<typeof layout>;
