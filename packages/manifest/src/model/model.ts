import { ManifestUpdateError } from '../errors.js';
import type { GlobalProgress } from './progress.js';
import type { ManifestEvent, ManifestState, ShardStatus } from './schema.js';
import { ShardModel } from './shard-model.js';

type Redistribution = ManifestState['redistributions'][number];

/**
 * A manifest in memory. An event costs the same however long the history is. Touches neither disk nor clock.
 */
export class ManifestModel {
  #updatedAt: string;
  #revision: number;
  readonly #shards: readonly ShardModel[];
  readonly #redistributions: Redistribution[];
  /** The newest owner of each redistributed shard, by failed rank. */
  readonly #owners = new Map<number, number>();

  private constructor(
    readonly id: string,
    readonly createdAt: string,
    { updatedAt, revision, shards, redistributions }: Parts,
  ) {
    this.#updatedAt = updatedAt;
    this.#revision = revision;
    this.#shards = shards;
    this.#redistributions = redistributions;
    for (const { failed_rank, new_rank } of redistributions) this.#owners.set(failed_rank, new_rank);
  }

  /** A new run. @param at the time, ISO 8601. */
  static initial(worldSize: number, id: string, at: string): ManifestModel {
    const shards = Array.from({ length: worldSize }, () => new ShardModel());
    return new ManifestModel(id, at, { updatedAt: at, revision: 0, shards, redistributions: [] });
  }

  static from(state: ManifestState, id = state.manifest_id): ManifestModel {
    const shards = Array.from({ length: state.world_size }, (_, rank) =>
      ShardModel.from(state.shards[rank]!),
    );
    return new ManifestModel(id, state.created_at, {
      updatedAt: state.updated_at,
      revision: state.revision,
      shards,
      redistributions: [...state.redistributions],
    });
  }

  get worldSize(): number {
    return this.#shards.length;
  }

  /** The number of the last event. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Applies an event; one without news changes nothing and is not counted.
   *
   * @param at the time, ISO 8601.
   * @returns whether it changed anything.
   * @throws ManifestUpdateError for an unknown shard, or for more sequences than can be counted; nothing is
   * changed.
   */
  apply(event: ManifestEvent, at: string): boolean {
    const changed =
      event.type === 'redistributed'
        ? this.#redistribute(event.failed_rank, event.new_rank, at)
        : this.shard(event.rank).apply(event, at);
    if (changed) {
      this.#updatedAt = at;
      this.#revision++;
      this.shard(event.type === 'redistributed' ? event.failed_rank : event.rank).revision = this.#revision;
    }
    return changed;
  }

  has(rank: number): boolean {
    return Number.isSafeInteger(rank) && this.#shards[rank] !== undefined;
  }

  /** @throws ManifestUpdateError for an unknown shard. */
  shard(rank: number): ShardModel {
    const shard = this.has(rank) ? this.#shards[rank] : undefined;
    if (shard === undefined)
      throw new ManifestUpdateError(`shard ${rank} is not one of the ${this.worldSize} shards of this run`);
    return shard;
  }

  /** Ranks in one of these states, ascending. */
  ranks(...statuses: ShardStatus[]): number[] {
    return this.#shards.flatMap(({ status }, rank) => (statuses.includes(status) ? [rank] : []));
  }

  redistributed(): Map<number, number> {
    return new Map(this.#owners);
  }

  progress(): GlobalProgress {
    const sum = (of: (shard: ShardModel) => number) =>
      this.#shards.reduce((total, shard) => total + of(shard), 0);
    return {
      total_shards: this.worldSize,
      completed: this.ranks('complete').length,
      in_progress: this.ranks('in_progress').length,
      failed: this.ranks('failed').length,
      total_sequences: sum((shard) => shard.totalSequences),
      total_checkpoints: sum((shard) => shard.totalCheckpoints),
    };
  }

  /** The whole state, in the form of `manifest.json`. */
  toState(): ManifestState {
    return {
      version: '1.0',
      manifest_id: this.id,
      revision: this.#revision,
      world_size: this.worldSize,
      created_at: this.createdAt,
      updated_at: this.#updatedAt,
      shards: Object.fromEntries(this.#shards.map((shard, rank) => [rank, shard.toState()])),
      redistributions: this.#redistributions.map((entry) => ({ ...entry })),
    };
  }

  #redistribute(failed: number, to: number, at: string): boolean {
    this.shard(failed);
    this.shard(to);
    if (this.#owners.get(failed) === to) return false;
    this.#redistributions.push({ failed_rank: failed, new_rank: to, recorded_at: at });
    this.#owners.set(failed, to);
    return true;
  }
}

interface Parts {
  updatedAt: string;
  revision: number;
  shards: ShardModel[];
  redistributions: Redistribution[];
}
