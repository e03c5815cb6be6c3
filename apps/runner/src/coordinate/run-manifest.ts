import type { ShardRecords } from '@holdfast/coordinator';
import { makeDirectoryDurably } from '@holdfast/durable';
import { type CheckpointManifest, ManifestVersionError } from '@holdfast/manifest';
import { type Layout, rebuildFrom } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import type { Report } from '../events.js';
import type { DiskPause } from '../full-disk/disk-pause.js';
import { PatientManifest } from './patient-manifest.js';

/** Milliseconds that one of many tasks waits for the manifest's lock: hundreds may want it, on a slow file server. */
export const TASK_LOCK = 600_000;

/**
 * Opens the manifest of a run. A damaged one is rebuilt from the checkpoints, which are the source of truth.
 *
 * @throws UsageError if a later version wrote it.
 */
export async function openManifest(
  place: Layout,
  shards: number,
  { report, pause, lockTimeoutMs }: { report: Report; pause: DiskPause; lockTimeoutMs?: number },
): Promise<CheckpointManifest> {
  const patiently = <T>(work: () => Promise<T>, bytes: number) => pause.during(work, bytes);
  await pause.during(() => makeDirectoryDurably(place.checkpoints), 0);
  const manifest = new PatientManifest(
    place.manifest,
    {
      rebuild: rebuildFrom(place, shards),
      onWarning: (message) => report({ type: 'warning', message }),
      ...(lockTimeoutMs !== undefined && { lockTimeoutMs }),
    },
    patiently,
  );
  if (!(await manifest.exists())) {
    await manifest.initialize(shards);
    return manifest;
  }
  const { total_shards } = await manifest.getGlobalProgress().catch((cause: unknown) => {
    throw cause instanceof ManifestVersionError ? new UsageError(cause.message, { cause }) : cause;
  });
  if (total_shards === shards) return manifest;
  const message = `${place.manifest} has ${total_shards} shards, but this run has ${shards}; rebuilding it from the checkpoints`;
  report({ type: 'warning', message });
  await manifest.initialize(shards, { replace: true });
  return manifest;
}

type Json = NonNullable<Parameters<CheckpointManifest['recordRecovery']>[1]>;

/** Stores the coordinator's records of shard failures in the manifest. @param tokenOf the claims of a task; default: none. */
export function shardRecords(
  manifest: Pick<CheckpointManifest, 'load' | 'recordRecovery' | 'recordRedistribution'>,
  tokenOf: (shard: number) => { token: string } | undefined = () => undefined,
): ShardRecords {
  return {
    async recoveries() {
      const { shards } = await manifest.load();
      return new Map(Object.entries(shards).map(([rank, { recovery }]) => [Number(rank), recovery]));
    },
    recordRecovery: (shard, recovery) =>
      manifest.recordRecovery(shard, recovery as Json | null, tokenOf(shard)),
    recordRedistribution: (shard, newShard) => manifest.recordRedistribution(shard, newShard),
  };
}
