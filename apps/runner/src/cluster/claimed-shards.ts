import { debuglog } from 'node:util';
import type { SourcedShard } from '@holdfast/coordinator';
import { type CheckpointManifest, type ShardClaim, ShardClaimedError } from '@holdfast/manifest';
import type { Claims } from '../coordinate/claims.js';
import type { Beats } from './beats.js';
import { type Lease as BeatLease, inOrder, mayClaim } from './may-claim.js';
import { ownerName, parseOwner, type Task } from './task.js';

const debug = debuglog('holdfast:cluster');

/**
 * In which order shards are taken: first what an earlier start of this task has begun, then what nobody has had. Asking about
 * another owner takes a while.
 */
const RANKS = ['own', 'new', 'owned'] as const;
type Rank = (typeof RANKS)[number];

/** What a task finds when it looks for work. */
type State = Awaited<ReturnType<CheckpointManifest['load']>>;
type Lease = NonNullable<State['shards'][number]['lease']>;

/** Claims shards in the manifest, one at a time, for this task's workers. The claims live as long as this process. */
export class ClaimedShards implements Claims {
  readonly #manifest: CheckpointManifest;
  readonly #task: Task;
  readonly #beats: Pick<Beats, 'silentMs'>;
  readonly #lease: BeatLease;
  readonly #onTakenOver: (shard: number, owner: string) => void;
  readonly #claims = new Map<number, ShardClaim>();

  /** @param options.onTakenOver a shard is taken from another owner, named as the manifest has it. */
  constructor(options: {
    manifest: CheckpointManifest;
    task: Task;
    beats: Pick<Beats, 'silentMs'>;
    lease: BeatLease;
    onTakenOver(shard: number, owner: string): void;
  }) {
    this.#manifest = options.manifest;
    this.#task = options.task;
    this.#beats = options.beats;
    this.#lease = options.lease;
    this.#onTakenOver = options.onTakenOver;
  }

  /** Claims another shard. @returns null if none is left but those of other tasks that are at work. */
  async next(): Promise<SourcedShard | null> {
    const state = await this.#manifest.load();
    const open = Object.entries(state.shards)
      .filter(([rank, { status }]) => status === 'in_progress' && !this.#claims.has(Number(rank)))
      .map(([rank]) => Number(rank));
    const ordered = inOrder(open, this.#task);
    for (const rank of RANKS)
      for (const shard of ordered) {
        if (this.#rankOf(state.shards[shard]!.lease) !== rank) continue;
        const claim = await this.#claim(shard, state);
        if (claim === null) continue;
        this.#claims.set(shard, claim);
        return { shard, claim: claim.token, recovery: (await this.#manifest.getShardState(shard))?.recovery };
      }
    return null;
  }

  /** The token of a shard that this task holds. */
  tokenOf(shard: number): { token: string } | undefined {
    return this.#claims.get(shard);
  }

  /** A shard is settled, or another's. */
  release(shard: number): void {
    const claim = this.#claims.get(shard);
    if (claim === undefined) return;
    this.#claims.delete(shard);
    this.#manifest.releaseClaim(claim);
  }

  #rankOf(lease: Lease | null): Rank {
    if (lease === null) return 'new';
    return parseOwner(lease.owner)?.name === this.#task.name ? 'own' : 'owned';
  }

  async #claim(shard: number, state: State): Promise<ShardClaim | null> {
    const { lease } = state.shards[shard]!;
    const owner = lease?.owner ?? null;
    const other = owner === null ? null : parseOwner(owner);
    const silentMs = other === null ? null : await this.#beats.silentMs(other.name);
    const way = mayClaim({ owner, silentMs }, this.#task, this.#lease);
    debug('shard %d of %s, silent for %s ms: %s', shard, owner ?? 'nobody', silentMs, way);
    if (way === 'leave') return null;
    try {
      const claim = await this.#manifest.claimShard(shard, ownerName(this.#task), {
        steal: way === 'steal',
        ifAttempt: lease?.attempt ?? 0,
      });
      if (owner !== null) this.#onTakenOver(shard, owner);
      return claim;
    } catch (error) {
      if (error instanceof ShardClaimedError) return null;
      throw error;
    }
  }
}
