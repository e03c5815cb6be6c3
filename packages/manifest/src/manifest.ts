import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { writeFileDurably } from '@holdfast/durable';
import { ManifestCorruptError } from './errors.js';
import { FileLock } from './file-lock.js';
import { type GlobalProgress, globalProgress } from './progress.js';
import { type ManifestState, manifestSchema, type ShardState, type ShardStatus } from './schema.js';
import { apply, initialState, type ManifestEvent, type RecordedCheckpoint } from './transitions.js';

/** What a manifest needs of a lock. */
export interface Lock {
  release(): Promise<void>;
}

export interface ManifestOptions {
  /** Milliseconds to wait for the lock. Default 30,000. */
  lockTimeoutMs?: number;
  /** Takes the lock that every update holds. Default: `FileLock` on `<path>.lock`. */
  acquireLock?: () => Promise<Lock>;
  /** The time, for the record. Default: now. */
  now?: () => Date;
}

/**
 * All shards' shared record in one JSON file, safe under many processes: an update locks, loads, changes, saves durably
 * and unlocks. Shards are named by their rank, from 0.
 *
 * Every method throws ManifestCorruptError when the file cannot be read, every update LockTimeoutError when the lock is
 * not had in time and ManifestUpdateError for a shard that is not there.
 */
export class CheckpointManifest {
  readonly #acquireLock: () => Promise<Lock>;
  readonly #now: () => string;

  constructor(
    readonly path: string,
    { lockTimeoutMs = 30_000, acquireLock, now = () => new Date() }: ManifestOptions = {},
  ) {
    this.#acquireLock = acquireLock ?? (() => FileLock.acquire(`${path}.lock`, { timeoutMs: lockTimeoutMs }));
    this.#now = () => now().toISOString();
  }

  /** Begins the record of a run; one that is there is replaced. Its folder exists. */
  async initialize(worldSize: number): Promise<void> {
    await this.#locked(() => this.#save(initialState(worldSize, this.#now())));
  }

  async exists(): Promise<boolean> {
    return existsSync(this.path);
  }

  /** The whole state, as last saved. */
  async load(): Promise<ManifestState> {
    const text = await readFile(this.path, 'utf8');
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw new ManifestCorruptError(this.path, 'it is not JSON', { cause });
    }
    const version = (json as { version?: unknown } | null)?.version;
    if (version !== '1.0')
      throw new ManifestCorruptError(this.path, `version ${JSON.stringify(version)}, not "1.0"`);
    const parsed = manifestSchema.safeParse(json);
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!;
      throw new ManifestCorruptError(this.path, `${path.join('.')}: ${message}`, { cause: parsed.error });
    }
    return parsed.data;
  }

  /** Records a checkpoint that lasts; recording it again changes nothing. */
  async updateShardCheckpoint(
    rank: number,
    batchIdx: number,
    numSequences: number,
    checkpointFile: string,
  ): Promise<void> {
    await this.#update({ type: 'checkpoint', rank, batchIdx, numSequences, file: checkpointFile });
  }

  /** Replaces a shard's checkpoints by what was found in its folder, which is the truth. */
  async reconcileShard(rank: number, checkpoints: readonly RecordedCheckpoint[]): Promise<void> {
    await this.#update({ type: 'reconciled', rank, checkpoints });
  }

  async markShardComplete(rank: number): Promise<void> {
    await this.#update({ type: 'complete', rank });
  }

  async markShardFailed(rank: number, error: string): Promise<void> {
    await this.#update({ type: 'failed', rank, error });
  }

  /** Opens a shard again that was failed, or complete by mistake. */
  async markShardInProgress(rank: number): Promise<void> {
    await this.#update({ type: 'in_progress', rank });
  }

  /** Records that a failed shard's remaining work went to another's worker. */
  async recordRedistribution(failedRank: number, newRank: number): Promise<void> {
    await this.#update({ type: 'redistributed', failedRank, newRank });
  }

  /** Ranks that are not complete, ascending. */
  getResumableShards(): Promise<number[]> {
    return this.#ranks('in_progress', 'failed');
  }

  /** Ranks that are complete, ascending. */
  getCompletedShards(): Promise<number[]> {
    return this.#ranks('complete');
  }

  async getGlobalProgress(): Promise<GlobalProgress> {
    return globalProgress(await this.load());
  }

  /** The newest owner of each redistributed shard, by failed rank. */
  async getRedistributedShards(): Promise<Map<number, number>> {
    const { redistributions } = await this.load();
    return new Map(redistributions.map(({ failed_rank, new_rank }) => [failed_rank, new_rank]));
  }

  /** One shard's state, or null when the run has no such shard. */
  async getShardState(rank: number): Promise<ShardState | null> {
    return (await this.load()).shards[rank] ?? null;
  }

  async #ranks(...statuses: ShardStatus[]): Promise<number[]> {
    const { shards } = await this.load();
    const ranks = Object.entries(shards).filter(([, { status }]) => statuses.includes(status));
    return ranks.map(([rank]) => Number(rank)).sort((a, b) => a - b);
  }

  async #update(event: ManifestEvent): Promise<void> {
    await this.#locked(async () => this.#save(apply(await this.load(), event, this.#now())));
  }

  async #save(state: ManifestState): Promise<void> {
    await writeFileDurably(this.path, `${JSON.stringify(state, null, 1)}\n`);
  }

  async #locked(change: () => Promise<void>): Promise<void> {
    const lock = await this.#acquireLock();
    try {
      await change();
    } finally {
      await lock.release();
    }
  }
}
