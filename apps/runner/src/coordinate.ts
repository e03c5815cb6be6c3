import { createWriteStream, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  Coordinator,
  type CoordinatorEvent,
  forkWorkers,
  validateCheckpointDir,
} from '@holdfast/coordinator';
import type { CheckpointManifest } from '@holdfast/manifest';
import type { Layout } from './layout.js';
import { shardRecords } from './shard-records.js';
import { formatWorkerOptions, type WorkerOptions } from './worker-options.js';

export interface CoordinateOptions {
  place: Layout;
  /** Shards that are not complete. */
  shards: readonly number[];
  workers: number;
  /** What is in the environment of a slot's worker beside this process's own. */
  env(slot: number): NodeJS.ProcessEnv;
  worker: WorkerOptions;
  manifest: CheckpointManifest;
  /** Sequences that may be quarantined, and those that are already, in shards that are complete. */
  quarantine: { most: number; already: number };
  onEvent(event: CoordinatorEvent): void;
  /** Called with a function that stops the workers. */
  onStart(stop: (signal: 'SIGTERM' | 'SIGINT') => void): void;
}

/** Lets real worker processes work on the shards until each is complete or failed, and keeps their logs as NDJSON. */
export async function coordinate(options: CoordinateOptions) {
  const { place, shards, workers, env, worker, manifest, quarantine, onEvent, onStart } = options;
  mkdirSync(place.logs, { recursive: true });
  const slots = Math.min(workers, shards.length);
  const logs = Array.from({ length: slots }, (_, slot) => createWriteStream(place.log(slot), { flags: 'a' }));
  // A log that cannot be written must not end the run.
  for (const log of logs) log.on('error', () => undefined);
  const coordinator = new Coordinator({
    slots,
    shards: [...shards],
    spawn: forkWorkers({
      modulePath: fileURLToPath(new URL('./worker.js', import.meta.url)),
      args: [formatWorkerOptions(worker)],
      env: (slot) => ({ ...process.env, ...env(slot) }),
    }),
    onEvent(event) {
      if ('slot' in event && event.type !== 'progress') {
        logs[event.slot]?.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
      }
      onEvent(event);
    },
    isolates: true,
    maxQuarantined: quarantine.most,
    quarantined: quarantine.already,
    records: shardRecords(manifest),
    validateShard: (shard) =>
      validateCheckpointDir(place.shard(shard), {
        onWarning: (message) => onEvent({ type: 'output', slot: 0, stream: 'stderr', line: message }),
      }),
    onShardFailed: (shard, message) => manifest.markShardFailed(shard, message),
  });
  onStart((signal) => coordinator.stop(signal));
  try {
    return await coordinator.run();
  } finally {
    await Promise.all(logs.map((log) => new Promise((resolve) => log.end(resolve))));
  }
}
