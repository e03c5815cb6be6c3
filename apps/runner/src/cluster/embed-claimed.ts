import { join } from 'node:path';
import { FileLock } from '@holdfast/file-lock';
import { resolveModel } from '@holdfast/gpu-runtime';
import { findByName } from '@holdfast/models';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import { findQuarantined, isSetAside, type Layout, type RunRecord } from '@holdfast/run-folder';
import type { Claims } from '../coordinate/claims.js';
import { embedShards } from '../coordinate/embed-shards.js';
import { openManifest, TASK_LOCK } from '../coordinate/run-manifest.js';
import type { EmbedOptions, Stop } from '../embed-options.js';
import { hasChanged, refusedChange } from '../errors.js';
import type { Report } from '../events.js';
import { DiskPause } from '../full-disk/disk-pause.js';
import { Devices } from '../run/devices.js';
import { precisionCost } from '../run/precision-cost.js';
import type { Beats } from './beats.js';
import { ClaimedShards } from './claimed-shards.js';
import type { Lease } from './may-claim.js';
import type { Task } from './task.js';

/** What a task works on. */
export interface TaskWork {
  /** The run's folder, with the task's own logs. */
  place: Layout;
  options: EmbedOptions;
  record: RunRecord;
  index: SequenceIndex;
  shards: readonly Shard[];
  task: Task;
  beats: Beats;
  lease: Lease;
  /** Workers. */
  slots: number;
  report: Report;
  stop: Stop;
}

/**
 * Claims shards and embeds them until none is left that no other task is at. Without any, the model and the device are not even
 * looked at.
 *
 * @throws RunFailedError if shards failed; UsageError if the model has changed; DeviceError; ModelError; StoppedError.
 */
export async function embedClaimed(work: TaskWork): Promise<void> {
  const { place, record, index, shards, task, beats, lease, slots, report, stop } = work;
  const { signal } = stop;
  const pause = new DiskPause(place.out, report, signal, work.options.onFullDisk !== 'stop');
  const manifest = await openManifest(place, shards.length, { report, pause, lockTimeoutMs: TASK_LOCK });
  const onTakenOver = (shard: number, owner: string) =>
    report({ type: 'warning', message: `shard ${shard} is taken over from ${owner}` });
  const claims = await begun(new ClaimedShards({ manifest, task, beats, lease, onTakenOver }));
  if (claims === null) return;
  const { model: name } = await findByName(work.options.model, {
    pin: record.model.hub,
    signal,
    onEvent: report,
  });
  const options = { ...work.options, model: name, workers: slots };
  const model = await resolveModel(name, options.overrides);
  if (model.fingerprint !== record.model.fingerprint)
    throw refusedChange(hasChanged(model.folder), record.model.hub);
  const devices = new Devices(options, model, report, signal);
  const { share } = await devices.shareFor(record);
  if (model.precision !== undefined) {
    // Where the command that planned had no such device, the first task measures, and the others wait for it.
    await using _lock = await lockPrecision(place);
    await precisionCost({ place, model, options, devices, report, stop }, { record, index });
  }
  const run = { place, options, index, model, shards, report, stop, record, share, manifest, pause, claims };
  const refused = async (some: readonly Shard[]) => {
    const found = { place, run: record.fingerprint, index, dim: model.dim, outputs: record.outputs, signal };
    const { quarantined } = await findQuarantined(some, found);
    return quarantined.filter((each) => !isSetAside(each)).length;
  };
  await embedShards({ ...run, refused });
  signal.throwIfAborted();
}

/** The same claims with the first already made; null if there is none to make. */
async function begun(claims: Claims): Promise<Claims | null> {
  let first = await claims.next();
  if (first === null) return null;
  return {
    async next() {
      const now = first;
      first = null;
      return now ?? claims.next();
    },
    tokenOf: (shard) => claims.tokenOf(shard),
    release: (shard) => claims.release(shard),
  };
}

/** One task at a time compares precisions. */
async function lockPrecision({ cluster }: Layout): Promise<AsyncDisposable> {
  const lock = await FileLock.acquire(join(cluster, '.precision.lock'), { timeoutMs: TASK_LOCK });
  return { [Symbol.asyncDispose]: () => lock.release() };
}
