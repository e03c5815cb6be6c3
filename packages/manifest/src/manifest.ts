import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { debuglog } from 'node:util';
import { isThere } from '@holdfast/durable';
import { checkOptions } from '@holdfast/options';
import {
  checkUpdateOptions,
  isCount,
  isOwner,
  isPath,
  isRank,
  isRecovery,
  isShardCount,
  isText,
  isWorldSize,
} from './argument-checks.js';
import { checkClaim, claimOf, type ShardClaim } from './claims/claim.js';
import { ClaimLocks, type Holder } from './claims/claim-locks.js';
import { checkMayClaim } from './claims/may-claim.js';
import { nextToClaim } from './claims/next-claim.js';
import { ManifestExistsError, ManifestUpdateError, StaleClaimError } from './errors.js';
import { checkEvent, factsOf, type RecordedCheckpoint, recordedCheckpoints } from './events.js';
import { GroupCommit } from './files/group-commit.js';
import { SharedFiles } from './files/shared-files.js';
import { ManifestModel } from './model/model.js';
import type { GlobalProgress } from './model/progress.js';
import type { Json } from './model/recovery.js';
import type { ManifestEvent, ManifestState, ShardState } from './model/schema.js';
import {
  type ClaimNextOptions,
  type ClaimOptions,
  claimNextOptions,
  claimOptions,
  type InitializeOptions,
  initializeOptions,
  type ManifestOptions,
  manifestOptions,
  type UpdateOptions,
  updateOptions,
} from './options.js';
import { ManifestWatch, type WatchOptions, watchOptions } from './watch.js';

const debug = debuglog('holdfast:manifest');

/** There is no shard to claim. */
const NONE = new Error('no shard to claim');

/**
 * The shared record of all shards, safe under many processes. `manifest.json` is plain JSON. If it is large,
 * updates go to a journal beside it, `manifest.json.journal`, and are folded into it now and then, so an
 * update costs the same however long the history is. Shards are named by their rank, from 0.
 *
 * An update is applied under a kernel lock, in order; once resolved it is durable. Updates that arrive while
 * one is under way share one lock acquisition and one sync.
 *
 * Every method throws ManifestCorruptError if the files are damaged and there is no `rebuild`,
 * ManifestVersionError if a newer Holdfast wrote them, and ENOENT if there is no manifest. Every update also
 * throws LockTimeoutError if it does not get the lock in time, LockUnsupportedError if the file system has no
 * locks, ManifestUpdateError for an unknown shard, and errors of the file system (the update may then be
 * recorded or not).
 */
export class CheckpointManifest {
  readonly #files: SharedFiles;
  readonly #commits: GroupCommit;

  /** Absolute path of `manifest.json`. */
  readonly path: string;

  /** @throws RangeError and TypeError for invalid options (`code` is `invalid_option`). */
  constructor(path: string, options: ManifestOptions = {}) {
    checkOptions('CheckpointManifest', path, isPath, 'path');
    checkOptions('CheckpointManifest', options, manifestOptions);
    // Absolute: the process may change its folder later.
    this.path = resolve(path);
    this.#files = new SharedFiles(this.path, options);
    this.#commits = new GroupCommit(this.#files);
  }

  /**
   * Begins the record of a run. Its folder must exist.
   *
   * @param worldSize number of shards, at least 1.
   * @throws ManifestExistsError (`code` is `EEXIST`) if one exists, whatever its content, unless `replace` is
   * set; ManifestVersionError if a newer Holdfast wrote it, which is never replaced.
   */
  async initialize(worldSize: number, options: InitializeOptions = {}): Promise<void> {
    checkUpdateOptions('initialize', options, initializeOptions);
    checkUpdateOptions('initialize', worldSize, isShardCount, 'worldSize');
    await this.#files.locked(async ({ store, now }) => {
      store.refuseNewer();
      if (options.replace !== true && isThere(this.path)) throw new ManifestExistsError(this.path);
      checkUpdateOptions('initialize', worldSize, isWorldSize, 'worldSize');
      await store.replace(ManifestModel.initial(worldSize, randomUUID(), now()));
    });
  }

  async exists(): Promise<boolean> {
    return isThere(this.path);
  }

  /** The whole state, including the journal's events. */
  async load(): Promise<ManifestState> {
    return this.#files.read((model) => model.toState());
  }

  /** Records a durable checkpoint; recording it again changes nothing. */
  async updateShardCheckpoint(
    rank: number,
    checkpoint: number,
    numSequences: number,
    checkpointFile: string,
    options: UpdateOptions = {},
  ): Promise<void> {
    const of = 'updateShardCheckpoint';
    checkUpdateOptions(of, checkpoint, isCount, 'checkpoint');
    checkUpdateOptions(of, numSequences, isCount, 'numSequences');
    checkUpdateOptions(of, checkpointFile, isText, 'checkpointFile');
    const token = tokenIn(of, rank, options);
    const facts = factsOf({ checkpoint, numSequences, file: checkpointFile });
    await this.#commits.update((model) => {
      checkClaim(model, rank, token, true);
      return { type: 'checkpoint', rank, ...facts };
    });
  }

  /** Replaces a shard's checkpoints with those found in its folder, which is the truth. */
  async reconcileShard(
    rank: number,
    checkpoints: readonly RecordedCheckpoint[],
    options: UpdateOptions = {},
  ): Promise<void> {
    checkUpdateOptions('reconcileShard', checkpoints, recordedCheckpoints, 'checkpoints');
    const token = tokenIn('reconcileShard', rank, options);
    const found = checkpoints.map(factsOf);
    await this.#commits.update((model) => {
      checkClaim(model, rank, token, true);
      return model.shard(rank).difference(rank, found);
    });
  }

  async markShardComplete(rank: number, options: UpdateOptions = {}): Promise<void> {
    const token = tokenIn('markShardComplete', rank, options);
    await this.#commits.update((model) => {
      checkClaim(model, rank, token, true);
      return { type: 'complete', rank };
    });
    this.#claimOver(token);
  }

  /** Records a failure; a coordinator does so without the failed worker's token. */
  async markShardFailed(rank: number, error: string, options: UpdateOptions = {}): Promise<void> {
    checkUpdateOptions('markShardFailed', error, isText, 'error');
    const token = tokenIn('markShardFailed', rank, options);
    await this.#commits.update((model) => {
      checkClaim(model, rank, token, false);
      return { type: 'failed', rank, error };
    });
    this.#claimOver(token);
  }

  /** Reopens a shard that has failed, or that is complete by mistake. */
  async markShardInProgress(rank: number, options: UpdateOptions = {}): Promise<void> {
    const token = tokenIn('markShardInProgress', rank, options);
    await this.#commits.update((model) => {
      checkClaim(model, rank, token, false);
      return { type: 'in_progress', rank };
    });
  }

  /**
   * Claims a shard for one worker, also from a dead owner. From then on, updates with an older token or
   * without one are refused. The claim lives as long as the process that makes this call; the kernel releases
   * it. A complete or failed shard has no owner.
   *
   * @param owner a name for people, such as a process and its host.
   * @throws ShardClaimedError if another owner is alive, in this process or another, unless `steal` is set;
   * with `ifAttempt`, if there has been another claim since, or the shard is complete or has failed;
   * with `unlessAliveWithinMs`, if its last sign of life is that recent. LockUnsupportedError if the file
   * system has no locks.
   */
  async claimShard(rank: number, owner: string, options: ClaimOptions = {}): Promise<ShardClaim> {
    checkUpdateOptions('claimShard', rank, isRank, 'rank');
    checkUpdateOptions('claimShard', owner, isOwner, 'owner');
    checkUpdateOptions('claimShard', options, claimOptions);
    if (options.steal === true && options.unlessAliveWithinMs !== undefined)
      throw new ManifestUpdateError('claimShard: pass steal or unlessAliveWithinMs, not both');
    const claim = await this.#claim(owner, (model, at, holderOf) => {
      const before = claimOf(model, rank);
      checkMayClaim(model.shard(rank), { ...options, rank, owner, at }, () => holderOf(before!.token));
      return rank;
    });
    return claim!;
  }

  /**
   * Claims the next shard in progress that nobody has claimed; if there is none, one whose owner is gone. It is chosen under the
   * lock, so any number of tasks that ask at once get a shard each, none asks in vain, and none reopens a complete shard.
   *
   * @param owner a name for people, such as a process and its host.
   * @returns null if each shard is complete, has failed, or has a live owner.
   * @throws LockUnsupportedError if the file system has no locks.
   */
  async claimNext(owner: string, options: ClaimNextOptions = {}): Promise<ShardClaim | null> {
    checkUpdateOptions('claimNext', owner, isOwner, 'owner');
    checkUpdateOptions('claimNext', options, claimNextOptions);
    return this.#claim(owner, (model, _, holderOf) =>
      nextToClaim(model, options.from ?? 0, (token) => holderOf(token) === 'nobody'),
    );
  }

  /**
   * Stops holding a claim of this process, as if it had ended: another may claim the shard at once. The token stays valid
   * until then. Ignores a claim of another process.
   */
  releaseClaim({ token }: Required<UpdateOptions>): void {
    this.#claimOver(token);
  }

  /** A sign of life of the shard's owner. @throws StaleClaimError if it is no longer the owner. */
  async heartbeat(rank: number, options: Required<UpdateOptions>): Promise<void> {
    const token = tokenIn('heartbeat', rank, options);
    await this.#commits.update((model) => {
      // Without a token there is no claim.
      if (token === undefined) throw new StaleClaimError(rank, claimOf(model, rank)?.owner ?? null, false);
      checkClaim(model, rank, token, true);
      return { type: 'heartbeat', rank };
    });
  }

  /**
   * Records a coordinator's state about a shard's failures, such as spent retries, so the next coordinator
   * goes on counting. Like a failure it needs no token, but one that is over is refused. Recording the same again changes nothing. A claim
   * keeps it; `markShardComplete` and a rebuild reset it to null.
   *
   * @param recovery plain JSON, at most 1 MiB and 100 levels deep; copied at the call.
   * @throws ManifestUpdateError for a value that JSON would not reproduce.
   */
  async recordRecovery(rank: number, recovery: Json | null, options: UpdateOptions = {}): Promise<void> {
    const token = tokenIn('recordRecovery', rank, options);
    checkUpdateOptions('recordRecovery', recovery, isRecovery, 'recovery');
    const event = checkEvent({ type: 'recovery', rank, recovery });
    const text = JSON.stringify(event);
    await this.#commits.update((model) => {
      if (token !== undefined) checkClaim(model, rank, token, false);
      return JSON.parse(text) as ManifestEvent;
    });
  }

  /**
   * Records that a failed shard's remaining work went to another shard's worker.
   *
   * @param newRank the shard which that worker had before; the failed one itself if it had none.
   */
  async recordRedistribution(failedRank: number, newRank: number): Promise<void> {
    checkUpdateOptions('recordRedistribution', failedRank, isRank, 'failedRank');
    checkUpdateOptions('recordRedistribution', newRank, isRank, 'newRank');
    await this.#commits.update(() => ({ type: 'redistributed', failed_rank: failedRank, new_rank: newRank }));
  }

  /** Ranks that are not complete, ascending. */
  async getResumableShards(): Promise<number[]> {
    return this.#files.read((model) => model.ranks('in_progress', 'failed'));
  }

  /** Ranks that are complete, ascending. */
  async getCompletedShards(): Promise<number[]> {
    return this.#files.read((model) => model.ranks('complete'));
  }

  async getGlobalProgress(): Promise<GlobalProgress> {
    return this.#files.read((model) => model.progress());
  }

  /** The newest owner of each redistributed shard, by failed rank. */
  async getRedistributedShards(): Promise<Map<number, number>> {
    return this.#files.read((model) => model.redistributed());
  }

  /** One shard's state, or null if the run has no such shard. @throws RangeError for an invalid rank. */
  async getShardState(rank: number): Promise<ShardState | null> {
    checkOptions('getShardState', rank, isRank, 'rank');
    return this.#files.read((model) => (model.has(rank) ? model.shard(rank).toState() : null));
  }

  /**
   * Iterates over changes by any process: first the current state, then each change, or several together if
   * the listener is slow. Ends with the signal, with `return()`, or when the loop over it ends.
   *
   * @throws RangeError and TypeError for invalid options, such as a `pollMs` that no timer accepts.
   */
  watch(options: WatchOptions = {}): ManifestWatch {
    checkOptions('watch', options, watchOptions);
    return new ManifestWatch(this.path, (of) => this.#files.read(of), options);
  }

  /** Claims the shard that is chosen under the lock; null if none is. */
  async #claim(
    owner: string,
    choose: (model: ManifestModel, at: string, holderOf: (token: string) => Holder) => number | null,
  ): Promise<ShardClaim | null> {
    const locks = ClaimLocks.at(`${this.path}.claims`);
    let rank = -1;
    let before: ShardClaim | null = null;
    let claim: ShardClaim | null = null;
    try {
      await this.#commits.update(
        (model, at) => {
          const chosen = choose(model, at, (token) => locks.holderOf(token));
          if (chosen === null) throw NONE;
          rank = chosen;
          before = claimOf(model, rank);
          return { type: 'claimed', rank, owner };
        },
        (model) => {
          claim = claimOf(model, rank)!;
          // Before anybody can see the claim: the manifest's lock is still held.
          locks.hold(claim.token);
        },
      );
    } catch (error) {
      if (error === NONE) return null;
      debug('shard %d: claim by %s refused: %s', rank, owner, error);
      this.#claimOver((claim as ShardClaim | null)?.token);
      throw error;
    }
    debug('shard %d is claimed by %s; previous claim: %j', rank, owner, before);
    this.#claimOver((before as ShardClaim | null)?.token);
    return claim;
  }

  /** Releases the lock of a claim of this process that is over. */
  #claimOver(token: string | undefined): void {
    if (token !== undefined) ClaimLocks.at(`${this.path}.claims`).release(token);
  }
}

function tokenIn(of: string, rank: number, options: UpdateOptions): string | undefined {
  checkUpdateOptions(of, rank, isRank, 'rank');
  checkUpdateOptions(of, options, updateOptions);
  return options.token;
}
