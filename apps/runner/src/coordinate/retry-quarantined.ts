import { DeviceError } from '@holdfast/gpu-runtime';
import { PreflightError } from '@holdfast/preflight';
import {
  type FoundQuarantined,
  findQuarantined,
  isDue,
  type QuarantinedSequence,
} from '@holdfast/run-folder';
import { limitsOf } from '../embed-options.js';
import { ExitCode, isDiskFull, RunFailedError, StoppedError } from '../errors.js';
import { coordinate } from './coordinate.js';
import { type EmbedShards, refuseShortLimit, workerOptions } from './embed-shards.js';
import { countKinds, quarantineLimits, tooManyQuarantined } from './quarantine-limit.js';
import { shardsFailed } from './shards-failed.js';

export interface RetryQuarantined extends Omit<EmbedShards, 'refused' | 'record' | 'share'> {
  /** The run's fingerprint. */
  run: string;
  /** What is quarantined before. */
  found: FoundQuarantined;
  /** Whether there is a result already, which stands whatever it leaves out. */
  finished: boolean;
  dim: number;
  /** What it is computed on; asked only where something is tried. */
  use(): Promise<Pick<EmbedShards, 'record' | 'share'>>;
}

/**
 * Tries quarantined sequences again when all other work is done: each alone, with one worker, and so with all memory that
 * there is. Those that succeed have their rows from then on; the others stay as they are, until the next run. Where they cannot
 * be tried now, as without the run's device, a warning says so.
 *
 * @returns what is quarantined now.
 * @throws RunFailedError when more stay quarantined than may be; ShardIncompleteError; StoppedError.
 */
export async function retryQuarantined(run: RetryQuarantined): Promise<FoundQuarantined> {
  const { place, options, shards, index, dim, report, stop, manifest, found } = run;
  const { quarantined: before } = found;
  const retry = options.retryQuarantined ? ('all' as const) : ('set_aside' as const);
  const due = before.filter((each) => isDue(each, retry));
  const most = quarantineLimits(options.maxQuarantined, index.sequences).most;
  /** Nothing is tried. */
  const asBefore = () => {
    if (!run.finished) refuseTooMany(before, most, place.logs);
    return found;
  };
  if (due.length === 0) return asBefore();
  const notTried = (cause: string) =>
    report({
      type: 'warning',
      message: `not every quarantined sequence could be tried again: ${cause}; those that were not are quarantined as before, and rerunning the same command tries them again`,
    });
  const used = await run.use().catch((error: unknown) => {
    if (!(error instanceof PreflightError || error instanceof DeviceError)) throw error;
    notTried(error.message);
    return null;
  });
  if (used === null) return asBefore();
  report({ type: 'retrying', sequences: due.length });
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
    quarantine: { most: Number.POSITIVE_INFINITY, mostSetAside: Number.POSITIVE_INFINITY, already: 0 },
    onEvent: (event) => report({ type: 'coordinator', event }),
    onWarning: (message) => report({ type: 'warning', message }),
    stop,
  });
  if (outcome.stopped !== null) throw new StoppedError(outcome.stopped);
  refuseShortLimit(outcome, options);
  const full = outcome.failed.find(({ message }) => isDiskFull(message));
  if (full !== undefined) {
    const { code, message } = shardsFailed([full], { logs: place.logs, workers: 1 });
    throw new RunFailedError(message, code);
  }
  const cut = outcome.startupFailure ?? outcome.failed[0]?.message;
  if (cut !== undefined) notTried(cut);
  const now = await findQuarantined(shards, { place, run: run.run, index, dim, signal: stop.signal });
  const { quarantined: after } = now;
  report({ type: 'retried', sequences: due.length, sequences_recovered: before.length - after.length });
  refuseTooMany(after, most, place.logs);
  return now;
}

function refuseTooMany(quarantined: readonly QuarantinedSequence[], limit: number, logs: string): void {
  if (quarantined.length <= limit) return;
  const message = tooManyQuarantined({ counts: countKinds(quarantined), limit, examples: quarantined, logs });
  throw new RunFailedError(message, ExitCode.shardsFailed);
}
