import { coordinate } from './coordinate.js';
import { type EmbedShards, limitsOf, refuseShortLimit, workerOptions } from './embed-shards.js';
import { ExitCode, RunFailedError, StoppedError } from './errors.js';
import type { SequenceIndex } from './index-store/index.js';
import {
  findQuarantined,
  isDue,
  type QuarantinedSequence,
  quarantineLimit,
  tooManyQuarantined,
} from './quarantine/index.js';

export interface RetryQuarantined extends Omit<EmbedShards, 'refused' | 'record' | 'share'> {
  /** The run's fingerprint. */
  run: string;
  index: SequenceIndex;
  dim: number;
  /** What it is computed on; asked only where something is tried. */
  use(): Promise<Pick<EmbedShards, 'record' | 'share'>>;
}

/**
 * Tries quarantined sequences again when all other work is done: each alone, with one worker, and so with all memory that
 * there is. Those that succeed have their rows from then on; the others stay as they are, until the next run.
 *
 * @returns whether anything is other than before.
 * @throws RunFailedError when more stay quarantined than may be; ShardIncompleteError; StoppedError.
 */
export async function retryQuarantined(run: RetryQuarantined): Promise<boolean> {
  const { place, options, shards, index, dim, tell, stop, manifest, sequences } = run;
  const look = () => findQuarantined(shards, { place, run: run.run, index, dim, signal: stop.signal });
  const { quarantined: before } = await look();
  const retry = options.retryQuarantined ? ('all' as const) : ('set_aside' as const);
  const due = before.filter((each) => isDue(each, retry));
  if (due.length === 0) return false;
  const used = await run.use();
  tell({ type: 'retrying', sequences: due.length });
  const affected = shards.filter(({ firstPosition, endPosition }) =>
    due.some(({ position }) => position >= firstPosition && position < endPosition),
  );
  const outcome = await coordinate({
    place,
    shards: affected.map(({ shard }) => shard),
    workers: 1,
    env: used.share.env,
    worker: { ...workerOptions({ ...run, ...used }), retry },
    ...limitsOf(options),
    manifest,
    retries: true,
    quarantine: { most: Number.POSITIVE_INFINITY, already: 0 },
    onEvent: (event) => tell({ type: 'coordinator', event }),
    onWarning: (message) => tell({ type: 'warning', message }),
    onStart(stopWorkers) {
      stop.handler = stopWorkers;
      if (stop.signal.aborted) stopWorkers((stop.signal.reason as StoppedError).signal);
    },
  });
  stop.handler = null;
  if (outcome.stopped !== null) throw new StoppedError(outcome.stopped);
  refuseShortLimit(outcome, options);
  const cut = outcome.startupFailure ?? outcome.failed[0]?.message;
  if (cut !== undefined)
    tell({ type: 'warning', message: `not every quarantined sequence could be tried again: ${cut}` });
  const { quarantined: after } = await look();
  tell({ type: 'retried', sequences: due.length, recovered: before.length - after.length });
  refuseTooMany(after, quarantineLimit(options.maxQuarantined, sequences), place.logs);
  return after.length !== before.length || after.some(({ kind }, i) => kind !== before[i]!.kind);
}

function refuseTooMany(quarantined: readonly QuarantinedSequence[], limit: number, logs: string): void {
  if (quarantined.length <= limit) return;
  const message = tooManyQuarantined({ quarantined: quarantined.length, limit, examples: quarantined, logs });
  throw new RunFailedError(message, ExitCode.shardsFailed);
}
