import { debuglog } from 'node:util';
import type { SourcedShard } from '@holdfast/coordinator';
import { type CheckpointManifest, type ShardClaim, ShardClaimedError } from '@holdfast/manifest';
import type { Claims } from '../coordinate/claims.js';
import type { Beats } from './beats.js';
import { firstShard, isEarlierStart, type Lease, mayTakeFrom } from './may-claim.js';
import { ownerName, parseOwner, type Task } from './task.js';

const debug = debuglog('holdfast:cluster');

/** The part of the manifest that claims need. */
type Manifest = Pick<
  CheckpointManifest,
  'load' | 'claimNext' | 'claimShard' | 'getShardState' | 'releaseClaim'
>;

/** A claim by another, or by an earlier start of this task. */
interface Owned {
  shard: number;
  owner: string;
  attempt: number;
}

/** Claims shards in the manifest, one at a time, for this task's workers. The claims live as long as this process. */
export class ClaimedShards implements Claims {
  readonly #manifest: Manifest;
  readonly #task: Task;
  readonly #beats: Pick<Beats, 'silentMs'>;
  readonly #lease: Lease;
  readonly #onTakenOver: (shard: number, owner: string) => void;
  readonly #claims = new Map<number, ShardClaim>();

  /** @param options.onTakenOver a shard is taken from an owner that may be alive, named as the manifest has it. */
  constructor(options: {
    manifest: Manifest;
    task: Task;
    beats: Pick<Beats, 'silentMs'>;
    lease: Lease;
    onTakenOver(shard: number, owner: string): void;
  }) {
    this.#manifest = options.manifest;
    this.#task = options.task;
    this.#beats = options.beats;
    this.#lease = options.lease;
    this.#onTakenOver = options.onTakenOver;
  }

  /**
   * Claims another shard: first what an earlier start of this task has begun, then what nobody has, as the kernel knows, and last
   * what its owner has been silent about for too long.
   *
   * @returns null if none is left but those of other tasks that are at work.
   */
  async next(): Promise<SourcedShard | null> {
    const { shards, owned } = await this.#look();
    const claim =
      (await this.#takeOne(owned.filter(({ owner }) => isEarlierStart(owner, this.#task)))) ??
      (await this.#manifest.claimNext(ownerName(this.#task), { from: firstShard(shards, this.#task) })) ??
      (await this.#takeOne(owned));
    debug('task %s claims %s', this.#task.name, claim?.rank ?? 'nothing');
    if (claim === null) return null;
    const { rank: shard, token } = claim;
    this.#claims.set(shard, claim);
    return { shard, claim: token, recovery: (await this.#manifest.getShardState(shard))?.recovery };
  }

  /** The token of a shard that this task holds. */
  tokenOf(shard: number): { token: string } | undefined {
    const claim = this.#claims.get(shard);
    return claim && { token: claim.token };
  }

  /** A shard is settled, or another's. */
  release(shard: number): void {
    const claim = this.#claims.get(shard);
    if (claim === undefined) return;
    this.#claims.delete(shard);
    this.#manifest.releaseClaim(claim);
  }

  /** How many shards there are, and which of the open ones somebody else has claimed. */
  async #look(): Promise<{ shards: number; owned: Owned[] }> {
    const all = Object.entries((await this.#manifest.load()).shards);
    const owned = all.flatMap(([rank, { status, lease }]) => {
      const shard = Number(rank);
      if (status !== 'in_progress' || lease === null || this.#claims.has(shard)) return [];
      return [{ shard, owner: lease.owner, attempt: lease.attempt }];
    });
    return { shards: all.length, owned };
  }

  /** Takes the first shard that may be taken from its owner. */
  async #takeOne(owned: readonly Owned[]): Promise<ShardClaim | null> {
    /** By task: one may own several shards. */
    const silent = new Map<string, number | null>();
    for (const { shard, owner, attempt } of owned) {
      const name = parseOwner(owner)?.name;
      if (name !== undefined && !silent.has(name)) silent.set(name, await this.#beats.silentMs(name));
      const silentMs = silent.get(name ?? '') ?? null;
      if (!mayTakeFrom({ owner, silentMs }, this.#task, this.#lease)) continue;
      try {
        // Only from the owner that was judged: another task may have been faster.
        const options = { steal: true, ifAttempt: attempt };
        const claim = await this.#manifest.claimShard(shard, ownerName(this.#task), options);
        this.#onTakenOver(shard, owner);
        return claim;
      } catch (error) {
        if (!(error instanceof ShardClaimedError)) throw error;
      }
    }
    return null;
  }
}
