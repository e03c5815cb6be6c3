import { type Outcome, Progress, type QuarantinedSequence } from '@holdfast/coordinator';
import type { ModelSource } from '@holdfast/gpu-runtime';
import type { CheckpointManifest } from '@holdfast/manifest';
import { plannedWork, type SequenceIndex, type Shard } from '@holdfast/plan';
import type { DeviceShare } from '@holdfast/preflight';
import { formatRunFacts, type Layout, type RunRecord, standing } from '@holdfast/run-folder';
import { type EmbedOptions, limitsOf, type Stop } from '../embed-options.js';
import { ExitCode, RunFailedError, refusedChange, StoppedError, tellsOfFullDisk } from '../errors.js';
import type { Report } from '../events.js';
import type { DiskPause } from '../full-disk/disk-pause.js';
import type { Claims } from './claims.js';
import { coordinate } from './coordinate.js';
import { type KindCounts, NONE, quarantineLimits, tooManyQuarantined } from './quarantine-limit.js';
import { TASK_LOCK } from './run-manifest.js';
import { fullDisk, noWorkerStarted, shardsFailed } from './shards-failed.js';

export interface EmbedShards {
  place: Layout;
  options: EmbedOptions;
  index: SequenceIndex;
  model: ModelSource;
  shards: readonly Shard[];
  report: Report;
  stop: Stop;
  record: RunRecord;
  share: DeviceShare;
  manifest: CheckpointManifest;
  pause: DiskPause;
  /** Claims shards beside other machines; absent: all open ones are this command's. */
  claims?: Claims;
  /** Counts the sequences of complete shards that the model refused. */
  refused(shards: readonly Shard[]): Promise<number>;
}

type FoundSequence = Pick<QuarantinedSequence, 'id' | 'error'>;

/**
 * Embeds all incomplete shards.
 *
 * @throws RunFailedError if some could not be completed; UsageError if the model was changed meanwhile; StoppedError.
 */
export async function embedShards(run: EmbedShards): Promise<void> {
  const { place, options, index, model, shards, report, stop, manifest, pause, claims } = run;
  const state = await manifest.load();
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
    missing += endPosition - firstPosition - total_sequences;
    complete.push(each);
  }
  // What earlier commands set aside does not count: it is reattempted.
  const already = missing === 0 ? 0 : await run.refused(complete);
  const { most, mostSetAside } = quarantineLimits(options.maxQuarantined, index.positions);
  /** Sequences quarantined by this command: counts by kind, and examples of both sorts. */
  const kinds = { ...NONE };
  const found = { refused: [] as FoundSequence[], aside: [] as FoundSequence[] };
  const tooMany = (counts: KindCounts, limit: number, examples: readonly FoundSequence[]) => {
    const message = tooManyQuarantined({ counts, limit, examples, logs: place.logs });
    return new RunFailedError(message, ExitCode.shardsFailed);
  };
  const tooManyRefused = (count: number) => tooMany({ ...NONE, poison_input: count }, most, found.refused);
  // The limit may be lower than it was.
  if (already > most) throw tooManyRefused(already);
  if (open.length === 0) return;
  const progress = new Progress(await plannedWork(index, shards, model), standing(shards, state));
  const reportProgress = () => {
    const { done, total, perSecond, secondsLeft } = progress.facts(performance.now());
    report({
      type: 'progress',
      sequences_done: done,
      sequences_total: total,
      tokens_per_second: round(perSecond),
      seconds_left: round(secondsLeft),
    });
  };
  reportProgress();
  /** Whether a full disk was reported. */
  let full = false;
  const warn = (message: string) => report({ type: 'warning', message });
  const outcome = await coordinate({
    place,
    shards: open,
    claims,
    workers: run.share.workers,
    env: run.share.env,
    worker: { ...workerOptions(run), ...(claims && { lockTimeoutMs: TASK_LOCK }) },
    ...limitsOf(options),
    manifest,
    quarantine: { most, mostSetAside, already },
    onEvent(event) {
      const further = event.type !== 'retry_given_up' && progress.heard(event, performance.now());
      if (event.type === 'quarantined') {
        kinds[event.kind]++;
        const some = event.kind === 'poison_input' ? found.refused : found.aside;
        if (some.length < 3) some.push(event);
      }
      report({ type: 'coordinator', event });
      pause.heard(event);
      if (event.type === 'failed' && !full && tellsOfFullDisk(event.message)) {
        full = true;
        warn(fullDisk(event.message));
      }
      if (further) reportProgress();
    },
    onWarning: warn,
    stop,
  });
  if (outcome.stopped !== null) throw new StoppedError(outcome.stopped);
  refuseUnworkable(outcome, run.record);
  if (outcome.tooManyQuarantined) {
    const { quarantined = 0, setAside = 0 } = outcome;
    if (setAside > mostSetAside) throw tooMany({ ...kinds, poison_input: 0 }, mostSetAside, found.aside);
    throw tooManyRefused(quarantined - setAside);
  }
  const { workers } = run.share;
  if (outcome.startupFailure !== undefined) {
    const message = noWorkerStarted(outcome.startupFailure, { logs: place.logs, workers });
    throw new RunFailedError(message, ExitCode.unexpected);
  }
  refuseShortLimit(outcome, options);
  const [first, ...others] = outcome.failed;
  if (first === undefined) return;
  // Each failure was reported when it happened.
  const { code, message } = shardsFailed([first, ...others], { logs: place.logs, workers });
  throw new RunFailedError(message, code);
}

/** @throws UsageError if a worker found that the model is no longer the run's. */
export function refuseUnworkable({ unworkable }: Outcome, { model }: RunRecord): void {
  if (unworkable !== undefined) throw refusedChange(unworkable, model.hub);
}

/** @throws RunFailedError if the stall limit turned out too short. */
export function refuseShortLimit({ limitTooShort }: Outcome, options: EmbedOptions) {
  if (limitTooShort === undefined) return;
  const message = limitIsTooShort(limitsOf(options).stallMs / 1000, limitTooShort.shard);
  throw new RunFailedError(message, ExitCode.shardsFailed);
}

/** Not even plain residues are embedded within the limit, so a sequence cannot be blamed for a stall. */
const limitIsTooShort = (sec: number, shard: number) =>
  `one model call takes longer than --stall-timeout ${sec}, even on plain residues as long as a sequence of shard ${shard}, so the limit is too short for this model on this machine; nothing was quarantined for it, and finished work is kept. Rerun the command with a --stall-timeout of at least ${Math.ceil(2 * sec)}`;

/** The options of a worker process. */
export function workerOptions({
  place,
  options,
  model,
  record,
  share,
}: Pick<EmbedShards, 'place' | 'options' | 'model' | 'record' | 'share'>) {
  const { seqThreshold, timeThresholdSec } = options;
  return {
    out: place.out,
    model: options.model,
    overrides: options.overrides ?? {},
    fingerprint: record.model.fingerprint,
    ...(model.proof === undefined ? {} : { proof: model.proof }),
    batchTokens: record.batch_tokens,
    run: record.fingerprint,
    record: formatRunFacts(record),
    index: record.index,
    device: share.device,
    threads: share.threads,
    shards: record.shards,
    graceMs: limitsOf(options).graceMs,
    onFullDisk: options.onFullDisk ?? ('pause' as const),
    trigger: {
      ...(seqThreshold === undefined ? {} : { seqThreshold }),
      ...(timeThresholdSec === undefined ? {} : { timeThresholdSec }),
    },
  };
}

const round = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);
