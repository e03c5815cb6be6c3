import { validateCheckpointDir } from '@holdfast/checkpoint';
import { Coordinator, type CoordinatorEvent, forkWorkers } from '@holdfast/coordinator';
import { type CheckpointManifest, StaleClaimError } from '@holdfast/manifest';
import { exportedScript, START_LIMIT, type StopSignal, startScript } from '@holdfast/process';
import type { Layout } from '@holdfast/run-folder';
import type { Stop } from '../embed-options.js';
import { StoppedError } from '../errors.js';
import type { WorkEvent } from '../events.js';
import type { Claims } from './claims.js';
import { RunLogs } from './run-logs.js';
import { shardRecords } from './run-manifest.js';
import { formatWorkerOptions, type WorkerOptions } from './worker-options.js';

/** A starting worker is silent while its model loads, which is slow on a busy machine even if calls are short. */
const START_STALL_MS = 60_000;

export interface CoordinateOptions {
  place: Layout;
  /** Shards that are not complete. */
  shards: readonly number[];
  /** Claims shards beside other machines, instead of working on `shards`. */
  claims?: Claims | undefined;
  workers: number;
  /** Environment variables of a slot's worker, beside this process's own. */
  env(slot: number): NodeJS.ProcessEnv;
  worker: WorkerOptions;
  manifest: CheckpointManifest;
  /** Whether quarantined sequences of complete shards are reattempted. Their failures are not recorded: each run starts fresh. */
  reattempts?: boolean;
  /** How many sequences may be refused, how many may be set aside, and how many were refused in complete shards. */
  quarantine: { most: number; mostSetAside: number; already: number };
  onEvent(event: WorkEvent): void;
  onWarning(message: string): void;
  /** Milliseconds without progress after which a worker counts as hung. */
  stallMs: number;
  /** Milliseconds a worker gets to save and exit. */
  graceMs: number;
  stop: Stop;
}

/** Runs worker processes until each shard is complete or failed, and logs their events as NDJSON. */
export async function coordinate(options: CoordinateOptions) {
  const { place, shards, claims, workers, env, worker, manifest, quarantine, onEvent, onWarning, stop } =
    options;
  const logs = new RunLogs(place);
  const renamed = options.reattempts ? asReattempt : (event: CoordinatorEvent) => event;
  const coordinator = new Coordinator({
    // All slots, even with fewer shards: another slot takes over from a preempted one. Workers are spawned only when needed.
    slots: workers,
    shards: claims === undefined ? [...shards] : [],
    ...(claims && { source: claims }),
    spawn: forkWorkers({
      modulePath: startScript(),
      args: [exportedScript('@holdfast/runner/worker', import.meta.url), formatWorkerOptions(worker)],
      env: (slot) => ({ ...process.env, ...env(slot) }),
    }),
    onEvent(event) {
      logs.write(renamed(event));
      onEvent(renamed(event));
      if (event.type === 'complete' || event.type === 'claim_lost') claims?.release(event.shard);
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
    ...(options.reattempts ? {} : { records: shardRecords(manifest, (shard) => claims?.tokenOf(shard)) }),
    validateShard: (shard) => validateCheckpointDir(place.shard(shard), { onWarning }),
    // A shard whose sequences are reattempted stays complete.
    ...(options.reattempts
      ? {}
      : {
          async onShardFailed(shard: number, message: string) {
            await manifest.markShardFailed(shard, message, claims?.tokenOf(shard)).catch((error: unknown) => {
              // It is another task's now, and so is what becomes of it.
              if (claims === undefined || !(error instanceof StaleClaimError)) throw error;
            });
            claims?.release(shard);
          },
        }),
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

/** Renames the failure of a shard during a reattempt: the shard itself stays complete. */
export const asReattempt = (event: CoordinatorEvent): WorkEvent =>
  event.type === 'shard_failed' ? { ...event, type: 'retry_given_up' } : event;
