import { DeviceError } from '@holdfast/gpu-runtime';
import { PreflightError } from '@holdfast/preflight';
import { type FoundQuarantined, findQuarantined, isDue, type RunOutputs } from '@holdfast/run-folder';
import { limitsOf } from '../embed-options.js';
import { ExitCode, RunFailedError, StoppedError, tellsOfFullDisk } from '../errors.js';
import { coordinate } from './coordinate.js';
import { type EmbedShards, refuseShortLimit, refuseUnworkable, workerOptions } from './embed-shards.js';
import { countKinds, quarantineLimits, tooManyQuarantined } from './quarantine-limit.js';
import { shardsFailed } from './shards-failed.js';

export interface RetryQuarantined extends Omit<EmbedShards, 'refused' | 'record' | 'share'> {
  /** The run's fingerprint. */
  run: string;
  /** What is quarantined before the reattempt. */
  found: FoundQuarantined;
  /** Whether there is already a result, which is valid with any number of quarantined sequences. */
  finished: boolean;
  dim: number;
  outputs: RunOutputs | undefined;
  /** Chooses the device; called only if something is reattempted. */
  use(): Promise<Pick<EmbedShards, 'record' | 'share'>>;
}

/**
 * Reattempts quarantined sequences when all other work is done: each alone, by one worker, which then has all memory. Those
 * that succeed get their rows; the others stay quarantined until the next command. If they cannot be reattempted now, for
 * example without the run's device, a warning says so.
 *
 * @returns what is quarantined now.
 * @throws RunFailedError if too many stay quarantined; ShardIncompleteError; StoppedError.
 */
export async function retryQuarantined(run: RetryQuarantined): Promise<FoundQuarantined> {
  const { place, options, shards, index, dim, report, stop, manifest, pause, found } = run;
  const { quarantined: before } = found;
  const retry = options.retryQuarantined ? ('all' as const) : ('set_aside' as const);
  const due = before.filter((each) => isDue(each, retry));
  const most = quarantineLimits(options.maxQuarantined, index.sequences).most;
  /** The outcome if nothing is reattempted. */
  const asBefore = () => {
    if (!run.finished) refuseTooMany(found, most, place.logs);
    return found;
  };
  if (due.length === 0) return asBefore();
  const notReattempted = (cause: string) =>
    report({
      type: 'warning',
      message: `not every quarantined sequence could be reattempted: ${cause}; the rest stay quarantined, and rerunning the same command reattempts them`,
    });
  const used = await run.use().catch((error: unknown) => {
    if (!(error instanceof PreflightError || error instanceof DeviceError)) throw error;
    notReattempted(error.message);
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
    reattempts: true,
    quarantine: { most: Number.POSITIVE_INFINITY, mostSetAside: Number.POSITIVE_INFINITY, already: 0 },
    onEvent(event) {
      report({ type: 'coordinator', event });
      pause.heard(event);
    },
    onWarning: (message) => report({ type: 'warning', message }),
    stop,
  });
  if (outcome.stopped !== null) throw new StoppedError(outcome.stopped);
  refuseUnworkable(outcome, used.record);
  refuseShortLimit(outcome, options);
  const full = outcome.failed.find(({ message }) => tellsOfFullDisk(message));
  if (full !== undefined) {
    const { code, message } = shardsFailed([full], { logs: place.logs, workers: 1 });
    throw new RunFailedError(message, code);
  }
  const cut = outcome.startupFailure ?? outcome.failed[0]?.message;
  if (cut !== undefined) notReattempted(cut);
  const { signal } = stop;
  const { outputs } = run;
  const now = await findQuarantined(shards, { place, run: run.run, index, dim, outputs, signal });
  const { quarantined: after } = now;
  report({ type: 'retried', sequences: due.length, sequences_recovered: before.length - after.length });
  refuseTooMany(now, most, place.logs);
  return now;
}

/** Copies count too: they have no row either. */
function refuseTooMany({ quarantined: distinct, copies }: FoundQuarantined, limit: number, logs: string) {
  const quarantined = [...distinct, ...copies];
  if (quarantined.length <= limit) return;
  const message = tooManyQuarantined({ counts: countKinds(quarantined), limit, examples: quarantined, logs });
  throw new RunFailedError(message, ExitCode.shardsFailed);
}
