import type { CoordinatorEvent, Outcome } from '@holdfast/coordinator';
import type { CheckpointManifest } from '@holdfast/manifest';
import { coordinate } from './coordinate.js';
import type { DeviceShare } from './device-share.js';
import type { EmbedOptions, StopSwitch } from './embed.js';
import { ExitCode, RunFailedError, StoppedError, saysDiskFull } from './errors.js';
import type { Tell } from './events.js';
import type { Layout } from './layout.js';
import { Progress } from './progress.js';
import { quarantineLimit, tooManyQuarantined } from './quarantine/index.js';
import type { RunRecord } from './run-record.js';
import type { Shard } from './shard-plan.js';
import { fullDisk, noWorkerStarted, shardsFailed } from './shards-failed.js';

/** What is waited for a worker where nothing is said: to make progress, and to save and end; seconds. */
const STALL_SEC = 600;
const GRACE_SEC = 30;

const graceMs = ({ graceSec = GRACE_SEC }: EmbedOptions) => graceSec * 1000;

export interface EmbedShards {
  place: Layout;
  options: EmbedOptions;
  shards: readonly Shard[];
  /** In the whole input. */
  sequences: number;
  tell: Tell;
  stop: StopSwitch;
  record: RunRecord;
  share: DeviceShare;
  manifest: CheckpointManifest;
  /** How many sequences of complete shards the model refused. */
  refused(shards: readonly Shard[]): Promise<number>;
}

/** Has the shards embedded that are not complete. @throws RunFailedError when not all of them could be; StoppedError. */
export async function embedShards(run: EmbedShards): Promise<void> {
  const { place, options, shards, sequences, tell, stop, manifest } = run;
  const state = await manifest.load();
  const progress = new Progress(sequences, Date.now());
  const open: number[] = [];
  const complete: Shard[] = [];
  let missing = 0;
  for (const each of shards) {
    const { shard, firstPosition, endPosition } = each;
    const { status, total_sequences } = state.shards[shard]!;
    if (status !== 'complete') {
      open.push(shard);
      continue;
    }
    progress.resumed(shard, endPosition - firstPosition);
    missing += endPosition - firstPosition - total_sequences;
    complete.push(each);
  }
  // What was only set aside counts against no limit: it is tried again.
  const already = missing === 0 ? 0 : await run.refused(complete);
  const most = quarantineLimit(options.maxQuarantined, sequences);
  const examples: Extract<CoordinatorEvent, { type: 'quarantined' }>[] = [];
  const tooMany = (quarantined: number) => {
    const message = tooManyQuarantined({ quarantined, limit: most, examples, logs: place.logs });
    return new RunFailedError(message, ExitCode.shardsFailed);
  };
  // The limit may be lower than it was.
  if (already > most) throw tooMany(already);
  if (open.length === 0) return;
  const tellProgress = () => {
    const { perSecond, secondsLeft } = progress.rate(Date.now());
    const { done, total } = progress;
    tell({
      type: 'progress',
      done,
      total,
      per_second: round(perSecond),
      seconds_left: secondsLeft === null ? null : round(secondsLeft),
    });
  };
  tellProgress();
  /** Whether it was told that the disk is full. */
  let full = false;
  const warn = (message: string) => tell({ type: 'warning', message });
  const outcome = await coordinate({
    place,
    shards: open,
    workers: run.share.workers,
    env: run.share.env,
    worker: workerOptions(run),
    ...limitsOf(options),
    manifest,
    quarantine: { most, already },
    onEvent(event) {
      if (event.type === 'resumed') progress.resumed(event.shard, event.sequences);
      if (event.type === 'progress') progress.embedded(event.shard, event.sequences);
      if (event.type === 'quarantined' && examples.length < 3) examples.push(event);
      tell({ type: 'coordinator', event });
      if (event.type === 'failed' && !full && saysDiskFull(event.message)) {
        full = true;
        warn(fullDisk(event.message));
      }
      if (event.type === 'resumed' || event.type === 'progress') tellProgress();
    },
    onWarning: warn,
    onStart(stopWorkers) {
      stop.handler = stopWorkers;
      if (stop.signal.aborted) stopWorkers((stop.signal.reason as StoppedError).signal);
    },
  });
  stop.handler = null;
  if (outcome.stopped !== null) throw new StoppedError(outcome.stopped);
  if (outcome.tooManyQuarantined) throw tooMany(outcome.quarantined ?? 0);
  const { workers } = run.share;
  if (outcome.startupFailure !== undefined) {
    const message = noWorkerStarted(outcome.startupFailure, { logs: place.logs, workers });
    throw new RunFailedError(message, ExitCode.unexpected);
  }
  refuseShortLimit(outcome, options);
  const [first, ...others] = outcome.failed;
  if (first === undefined) return;
  // Each was told when it failed.
  const { code, message } = shardsFailed([first, ...others], { logs: place.logs, workers });
  throw new RunFailedError(message, code);
}

/** The limits a run's workers are held to, in milliseconds. */
export const limitsOf = (options: EmbedOptions) => ({
  stallMs: (options.stallTimeoutSec ?? STALL_SEC) * 1000,
  graceMs: graceMs(options),
});

/** @throws RunFailedError if the stall limit turned out too short. */
export function refuseShortLimit({ limitTooShort }: Outcome, { stallTimeoutSec = STALL_SEC }: EmbedOptions) {
  if (limitTooShort === undefined) return;
  const message = limitIsTooShort(stallTimeoutSec, limitTooShort.shard);
  throw new RunFailedError(message, ExitCode.shardsFailed);
}

/** Not even plain residues are embedded within the limit: whether it is the sequence cannot be told under it. */
const limitIsTooShort = (sec: number, shard: number) =>
  `one model call takes longer than --stall-timeout ${sec}, also on plain residues as long as a sequence of shard ${shard}, so the limit is too short for this model on this machine; nothing was quarantined for it, and what was done is kept. Rerun the command with a longer limit: raise --stall-timeout, at least ${Math.ceil(2 * sec)}`;

/** What a worker is told. */
export function workerOptions({
  place,
  options,
  record,
  share,
}: Pick<EmbedShards, 'place' | 'options' | 'record' | 'share'>) {
  const { seqThreshold, timeThresholdSec } = options;
  return {
    out: place.out,
    model: options.model,
    overrides: options.overrides ?? {},
    fingerprint: record.model.fingerprint,
    batchTokens: record.batch_tokens,
    run: record.fingerprint,
    device: share.device,
    threads: share.threads,
    shards: record.shards,
    graceMs: graceMs(options),
    trigger: {
      ...(seqThreshold === undefined ? {} : { seqThreshold }),
      ...(timeThresholdSec === undefined ? {} : { timeThresholdSec }),
    },
  };
}

const round = (value: number) => Math.round(value * 10) / 10;
