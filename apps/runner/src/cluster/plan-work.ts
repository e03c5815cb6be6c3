import { shardsOf } from '@holdfast/plan';
import {
  type Layout,
  oldWorkersLimit,
  type RunRecord,
  standing,
  takeOutputFolder,
  takeOwnership,
  waitForOldWorkers,
} from '@holdfast/run-folder';
import { openManifest } from '../coordinate/run-manifest.js';
import { checkEmbed, copyPlace, type EmbedOptions, limitsOf, runPlace, type Stop } from '../embed-options.js';
import { UsageError } from '../errors.js';
import type { Report } from '../events.js';
import { DiskPause } from '../full-disk/disk-pause.js';
import type { Prepared } from '../run/asked-run.js';
import { checkDisks, disksOf, needOf } from '../run/disks.js';
import { finishedWithoutModel } from '../run/finished-run.js';
import { reportPlanWarnings } from '../run/plan-warnings.js';
import { plannedFacts } from '../run/planned-facts.js';
import { precisionCost } from '../run/precision-cost.js';
import { prepare } from '../run/prepare.js';
import { prepareOptions } from '../run/prepare-options.js';
import { checkEnvironment, checkRequest, type Request } from '../run/request.js';
import { writeWork } from './work-record.js';

/** How the tasks of a run on several machines work. */
export interface WorkPlan {
  /** Workers of a task: one per GPU, else one. */
  slots: number;
  /** CPU threads of a worker. Default: one. */
  threads?: number;
  /** Whether the device is only on the other machines: then it is recorded as it is named, and not tried here. */
  elsewhere: boolean;
  /** Shards of a new run, if the options do not say. Default: 64. */
  defaultShards?: number;
  /** Seconds of silence after which a task counts as dead. Default 120. */
  leaseSec?: number;
}

/** A run that is planned, and what is left of it. The folder is locked until this is disposed of. */
export interface PlannedWork extends AsyncDisposable {
  place: Layout;
  /** Null if the run is finished, and its model no longer here. */
  record: RunRecord | null;
  resumed: boolean;
  /** Number of shards; 0 if the run is finished. */
  shards: number;
  /** Those that are not complete. */
  left: readonly number[];
  /** Whether the result is there, so nothing is left to do. */
  finished: boolean;
}

/** Shards of a new run: four for each of sixteen tasks. */
const SHARDS = 64;

/** Seconds; many beats, so a busy file server costs nobody a shard. */
const LEASE_SECONDS = 120;

/**
 * Plans a run for several machines, or finds the one that is there: the index, the manifest and what the tasks need to know.
 * Nothing is embedded. Shards that had failed are open again.
 *
 * @throws what `embed` throws before it begins; BusyError if another command holds the folder, or a new run is to replace one
 * whose tasks are at work.
 */
export async function planWork(
  options: EmbedOptions,
  plan: WorkPlan,
  report: Report,
  stop: Stop,
): Promise<PlannedWork> {
  checkEmbed(options, report, stop);
  checkEnvironment();
  refuseStandardInput(options.inputs);
  const place = runPlace(options);
  if ((await finishedWithoutModel(options, report, stop)) !== null) return finishedWork(place, null);
  const { threads = 1, slots, elsewhere, defaultShards = SHARDS } = plan;
  const asked: EmbedOptions = { ...options, workers: slots, threads, ...(elsewhere && { elsewhere }) };
  const request = await checkRequest(asked, report, stop);
  const folder = await takeOutputFolder(place);
  try {
    // The tasks of a run hold its workers' lock, and a run that goes on does not disturb them.
    if (options.forceRestart) await refuseTasks(request);
    await takeOwnership(place, asked.inputs);
    const run = await prepare(place, { ...prepareOptions(request), defaultShards });
    if (!('index' in run) || run.finished !== undefined) {
      if ('index' in run) await run.index.close();
      return { ...finishedWork(place, 'index' in run ? run.record : null), ...folder };
    }
    try {
      const planned = await preparedWork({ ...request, asked }, run, plan);
      return { ...planned, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
    } finally {
      await run.index.close();
    }
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

async function preparedWork(
  request: Request & { asked: EmbedOptions },
  run: Prepared,
  { slots, threads = 1, elsewhere, leaseSec = LEASE_SECONDS }: WorkPlan,
): Promise<Omit<PlannedWork, typeof Symbol.asyncDispose>> {
  const { place, options, asked, model, devices, report, stop } = request;
  const { index, resumed } = run;
  await reportPlanWarnings(request, index);
  // On a device that is elsewhere the first task measures it.
  if (!elsewhere) await precisionCost(request, run);
  const record = await devices.record(run.record, place, threads);
  const shards = await shardsOf(index, record.shards);
  const pause = new DiskPause(place.out, report, stop.signal, options.onFullDisk !== 'stop');
  const manifest = await openManifest(place, shards.length, { report, pause });
  const state = await manifest.load();
  const left = shards.map(({ shard }) => shard).filter((shard) => state.shards[shard]!.status !== 'complete');
  for (const shard of left)
    if (state.shards[shard]!.status === 'failed') await manifest.markShardInProgress(shard);
  const done = standing(shards, state);
  const need = await needOf(options, { model, index, shards, done, folder: place.index });
  checkDisks(await disksOf(place, need, { copy: copyPlace(options) }), options, report);
  // On the machines that compute, the device is tried.
  const { invocation: _, forceRestart: __, elsewhere: ___, ...kept } = asked;
  await writeWork(place, {
    run: record.fingerprint,
    options: { ...kept, forceRestart: false, batchTokens: record.batch_tokens, shards: record.shards },
    folder: process.cwd(),
    slots,
    lease_seconds: leaseSec,
  });
  const used = { record, share: { workers: slots, device: record.device! } };
  report({ type: 'planned', resumed, ...plannedFacts({ model, index, record, shards, done, used }) });
  return { place, record, resumed, shards: shards.length, left, finished: false };
}

/** The tasks need nothing but the index; the join reads the inputs once more. */
function refuseStandardInput(inputs: readonly string[]): void {
  if (inputs.includes('-'))
    throw new UsageError(
      'standard input cannot be read again on another machine; write it to a file that all machines see, and name that',
    );
}

/** @throws BusyError if tasks of the run that is to be replaced are at work. */
const refuseTasks = ({ place, options, report, stop }: Request) =>
  waitForOldWorkers(place, {
    limitMs: oldWorkersLimit(limitsOf(options).graceMs),
    report,
    signal: stop.signal,
  });

const finishedWork = (place: Layout, record: RunRecord | null): PlannedWork => ({
  place,
  record,
  resumed: true,
  shards: 0,
  left: [],
  finished: true,
  [Symbol.asyncDispose]: async () => undefined,
});
