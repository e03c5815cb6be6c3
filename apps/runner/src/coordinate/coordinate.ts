import { validateCheckpointDir } from '@holdfast/checkpoint';
import { Coordinator, type CoordinatorEvent, forkWorkers } from '@holdfast/coordinator';
import type { CheckpointManifest } from '@holdfast/manifest';
import { exportedScript, START_LIMIT, type StopSignal, startScript } from '@holdfast/process';
import type { Layout } from '@holdfast/run-folder';
import type { Stop } from '../embed-options.js';
import { StoppedError } from '../errors.js';
import type { WorkEvent } from '../events.js';
import { RunLogs } from './run-logs.js';
import { shardRecords } from './run-manifest.js';
import { formatWorkerOptions, type WorkerOptions } from './worker-options.js';

/** A starting worker tells of nothing until its model is loaded, which is slow on a busy machine, however short a call is. */
const START_STALL_MS = 60_000;

export interface CoordinateOptions {
  place: Layout;
  /** Shards that are not complete. */
  shards: readonly number[];
  workers: number;
  /** What is in the environment of a slot's worker beside this process's own. */
  env(slot: number): NodeJS.ProcessEnv;
  worker: WorkerOptions;
  manifest: CheckpointManifest;
  /** Whether sequences are only tried again: then nothing is recorded of failures, as each try begins anew. */
  retries?: boolean;
  /** Sequences that the model may refuse, those that may be set aside, and those refused already, in shards that are complete. */
  quarantine: { most: number; mostSetAside: number; already: number };
  onEvent(event: WorkEvent): void;
  onWarning(message: string): void;
  /** Milliseconds without progress after which a worker counts as hung. */
  stallMs: number;
  /** Milliseconds that a worker has to save and end. */
  graceMs: number;
  stop: Stop;
}

/** Lets real worker processes work on the shards until each is complete or failed, and keeps their logs as NDJSON. */
export async function coordinate(options: CoordinateOptions) {
  const { place, shards, workers, env, worker, manifest, quarantine, onEvent, onWarning, stop } = options;
  const logs = new RunLogs(place);
  const told = options.retries ? asRetried : (event: CoordinatorEvent) => event;
  const coordinator = new Coordinator({
    // Also with fewer shards: another slot takes over from one that was preempted. No worker is started without need.
    slots: workers,
    shards: [...shards],
    spawn: forkWorkers({
      modulePath: startScript(),
      args: [exportedScript('@holdfast/runner/worker', import.meta.url), formatWorkerOptions(worker)],
      env: (slot) => ({ ...process.env, ...env(slot) }),
    }),
    onEvent(event) {
      logs.write(told(event));
      onEvent(told(event));
    },
    isolates: true,
    stallMs: options.stallMs,
    startStallMs: Math.max(options.stallMs, START_STALL_MS),
    startMs: START_LIMIT,
    graceMs: options.graceMs,
    stallGraceMs: options.graceMs,
    maxQuarantined: quarantine.most,
    maxSetAside: quarantine.mostSetAside,
    quarantined: quarantine.already,
    ...(options.retries ? {} : { records: shardRecords(manifest) }),
    validateShard: (shard) => validateCheckpointDir(place.shard(shard), { onWarning }),
    // A shard that is only tried again is complete, whatever comes of that.
    ...(options.retries
      ? {}
      : { onShardFailed: (shard: number, message: string) => manifest.markShardFailed(shard, message) }),
  });
  const stopWorkers = () => coordinator.stop(stopSignal(stop.signal.reason));
  const asked = [stop.signal, stop.now].filter((signal) => signal !== undefined);
  for (const signal of asked) signal.addEventListener('abort', stopWorkers);
  if (stop.signal.aborted) stopWorkers();
  try {
    return await coordinator.run();
  } finally {
    for (const signal of asked) signal.removeEventListener('abort', stopWorkers);
    await logs.close();
  }
}

const stopSignal = (reason: unknown): StopSignal =>
  reason instanceof StoppedError ? reason.signal : 'SIGTERM';

/** What happens in a run that only tries sequences of complete shards again: none of these can fail. */
export const asRetried = (event: CoordinatorEvent): WorkEvent =>
  event.type === 'shard_failed' ? { ...event, type: 'retry_given_up' } : event;
