import type { CoordinatorEvent } from '@holdfast/coordinator';
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

/** What is waited for a worker where nothing is said: to make progress, and to save and end; seconds. */
const STALL_SEC = 600;
const GRACE_SEC = 30;

/** Milliseconds without progress after which something counts as hung. */
export const stallMs = ({ stallTimeoutSec = STALL_SEC }: EmbedOptions) => stallTimeoutSec * 1000;

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
}

/** Has the shards embedded that are not complete. @throws RunFailedError when not all of them could be; StoppedError. */
export async function embedShards(run: EmbedShards): Promise<void> {
  const { place, options, shards, sequences, tell, stop, manifest } = run;
  const state = await manifest.load();
  const progress = new Progress(sequences, Date.now());
  const open: number[] = [];
  let already = 0;
  for (const { shard, firstPosition, endPosition } of shards) {
    const { status, total_sequences } = state.shards[shard]!;
    if (status !== 'complete') {
      open.push(shard);
      continue;
    }
    progress.resumed(shard, endPosition - firstPosition);
    already += endPosition - firstPosition - total_sequences;
  }
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
  const warn = (message: string) => tell({ type: 'warning', message });
  const outcome = await coordinate({
    place,
    shards: open,
    workers: run.share.workers,
    env: run.share.env,
    worker: workerOptions(run),
    stallMs: stallMs(options),
    graceMs: graceMs(options),
    manifest,
    quarantine: { most, already },
    onEvent(event) {
      if (event.type === 'resumed') progress.resumed(event.shard, event.sequences);
      if (event.type === 'progress') progress.embedded(event.shard, event.sequences);
      if (event.type === 'quarantined' && examples.length < 3) examples.push(event);
      tell({ type: 'coordinator', event });
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
  if (outcome.startupFailure !== undefined) {
    const hangs = /made no progress/.test(outcome.startupFailure);
    const remedy = hangs ? 'whether the system still starts processes and threads (ulimit -u), and ' : '';
    const message = `no worker could start: ${outcome.startupFailure}; see ${remedy}${place.logs}`;
    throw new RunFailedError(message, ExitCode.unexpected);
  }
  const { failed } = outcome;
  const [first] = failed;
  if (first === undefined) return;
  // Each was told when it failed.
  const which =
    failed.length === 1
      ? `shard ${first.shard} failed`
      : `${failed.length} shards failed, the first of them ${first.shard}`;
  const room = saysDiskFull(first.message) ? 'make room for the output folder, ' : '';
  const message = `${which} (${first.kind}): ${first.message}; what was done is kept, ${room}see ${place.logs} and type the same line again to go on`;
  throw new RunFailedError(message, ExitCode.shardsFailed);
}

function workerOptions({ place, options, record, share }: EmbedShards) {
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
