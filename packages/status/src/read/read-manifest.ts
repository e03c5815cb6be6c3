import { setTimeout as delay } from 'node:timers/promises';
import { CheckpointManifest, type ManifestState } from '@holdfast/manifest';

/** A shard as the manifest has it. */
export interface ShardRecord {
  status: 'in_progress' | 'complete' | 'failed';
  /** Rows in its checkpoints. */
  rows: number;
  checkpoints: number;
  /** Each of them, in order: when it was recorded, ISO 8601, and its rows. */
  saves: { at: string; rows: number }[];
  /** When the newest was recorded, ISO 8601; null before the first. */
  saved: string | null;
  /** Why it failed. */
  error: string | null;
  /** Failures by kind since it last made progress. */
  failures: Record<string, number>;
}

/** `unsettled`: it changed during each reading. */
export type ManifestLook =
  | { is: 'missing' }
  | { is: 'damaged'; why: string }
  | { is: 'unsettled' }
  | { is: 'read'; updated: string; shards: ShardRecord[] };

/** Readings, and milliseconds between two. A writer needs the files for less than that. */
const READINGS = 5;
const PAUSE = 20;

/** The manifest's own reader would take the lock for what it cannot read without; nobody here does. */
class NoLock extends Error {
  /** Its reader then throws what it found instead. */
  readonly code = 'EROFS';
}

/**
 * Reads a manifest beside whoever writes it: without its lock, and so several times before it is called damaged.
 *
 * @throws ManifestVersionError for one of a later version, and what the file system throws.
 */
export async function readManifest(path: string): Promise<ManifestLook> {
  for (let reading = 1; ; reading++) {
    try {
      const acquireLock = () => Promise.reject(new NoLock());
      return recordsOf(await new CheckpointManifest(path, { acquireLock }).load());
    } catch (error) {
      const { code, reason } = error as { code?: unknown; reason?: string };
      if (code === 'ENOENT' || code === 'ENOTDIR') return { is: 'missing' };
      const unsettled = error instanceof NoLock;
      if (!unsettled && code !== 'manifest_corrupt') throw error;
      if (reading === READINGS) return unsettled ? { is: 'unsettled' } : { is: 'damaged', why: reason ?? '' };
      await delay(PAUSE);
    }
  }
}

function recordsOf({ updated_at, world_size, shards }: ManifestState): ManifestLook {
  const records = Array.from({ length: world_size }, (_, rank): ShardRecord => {
    const { status, total_sequences, checkpoints, error, recovery } = shards[rank]!;
    const saved = checkpoints.reduce<string | null>(
      (last, { recorded_at }) => (last === null || recorded_at > last ? recorded_at : last),
      null,
    );
    return {
      status,
      rows: total_sequences,
      checkpoints: checkpoints.length,
      saves: checkpoints.map(({ recorded_at, num_sequences }) => ({ at: recorded_at, rows: num_sequences })),
      saved,
      error,
      failures: failuresIn(recovery),
    };
  });
  return { is: 'read', updated: updated_at, shards: records };
}

/** The manifest keeps the coordinator's record without reading it. */
function failuresIn(recovery: unknown): Record<string, number> {
  const { failures } = (recovery ?? {}) as { failures?: unknown };
  if (typeof failures !== 'object' || failures === null) return {};
  return Object.fromEntries(Object.entries(failures).filter(([, count]) => Number(count) > 0));
}
