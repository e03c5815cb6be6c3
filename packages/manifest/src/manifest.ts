import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { isThere } from '@holdfast/durable';
import { FileLock, isLocalDisk } from '@holdfast/file-lock';
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
import { checkClaim, claimOf, type ShardClaim } from './claim.js';
import { ClaimLocks } from './claim-locks.js';
import { ManifestCorruptError, ManifestExistsError, ManifestUpdateError, StaleClaimError } from './errors.js';
import { checkEvent, factsOf, type RecordedCheckpoint, recordedCheckpoints } from './events.js';
import type { JournalRecord } from './journal-format.js';
import { checkMayClaim } from './may-claim.js';
import { ManifestModel } from './model.js';
import {
  type ClaimOptions,
  claimOptions,
  type InitializeOptions,
  initializeOptions,
  type Lock,
  type ManifestOptions,
  manifestOptions,
  type UpdateOptions,
  updateOptions,
} from './options.js';
import type { GlobalProgress } from './progress.js';
import { keepDamaged, rebuilt } from './rebuild.js';
import type { Json } from './recovery.js';
import type { ManifestEvent, ManifestState, ShardState } from './schema.js';
import { ManifestStore, type Settle, UnsettledError } from './store.js';
import { Turns } from './turns.js';
import { ManifestWatch, type WatchOptions, watchOptions } from './watch.js';

/** What the system answers who may not write. */
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/** An update that waits for its turn. */
interface Update {
  event: (model: ManifestModel, at: string) => ManifestEvent;
  then: (model: ManifestModel) => void;
  resolve: () => void;
  reject: (error: unknown) => void;
  /** When it came, by `performance.now()`. */
  since: number;
  /** Why it cannot be. */
  refusal?: { error: unknown };
}

/**
 * All shards' shared record, safe under many processes. `manifest.json` is plain JSON; where it is large, updates go to a
 * journal beside it, `manifest.json.journal`, so that one costs the same however long the history is, and become part of
 * it now and then. Shards are named by their rank, from 0.
 *
 * An update is taken in under a lock of the kernel, after all others, and when it resolves it lasts. Updates that are made
 * while one is under way share its lock and its way to the disk.
 *
 * Every method throws ManifestCorruptError when the files are damaged and there is no `rebuild`, ManifestVersionError when
 * they are of a newer Holdfast, and ENOENT where there is no manifest; every update LockTimeoutError when the lock is not had
 * in time, LockUnsupportedError where there are none, ManifestUpdateError for a shard that is not there, and what the file
 * system throws (then the update may be recorded or not).
 */
export class CheckpointManifest {
  readonly #acquireLock: (timeoutMs: number) => Promise<Lock>;
  readonly #lockTimeoutMs: number;
  readonly #now: () => string;
  readonly #options: ManifestOptions;
  /** For one piece of work with the store at a time. */
  readonly #turns = new Turns();
  #store: ManifestStore | null = null;
  #waiting: Update[] = [];
  #committing = false;

  /** Absolute path of `manifest.json`. */
  readonly path: string;

  /** @throws RangeError and TypeError for options that are none (`code` is `invalid_option`). */
  constructor(path: string, options: ManifestOptions = {}) {
    checkOptions('CheckpointManifest', path, isPath, 'path');
    checkOptions('CheckpointManifest', options, manifestOptions);
    // Whatever folder the process is in later.
    this.path = resolve(path);
    const { lockTimeoutMs = 30_000, acquireLock, now = () => new Date() } = options;
    this.#options = options;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#acquireLock = acquireLock ?? ((timeoutMs) => FileLock.acquire(`${this.path}.lock`, { timeoutMs }));
    this.#now = () => now().toISOString();
  }

  /**
   * Begins the record of a run. Its folder exists.
   *
   * @param worldSize number of shards, at least 1.
   * @throws ManifestExistsError (`code` is `EEXIST`) where one is there, whatever is in it, unless `replace` is set;
   * ManifestVersionError where one of a newer Holdfast is there, which is never replaced.
   */
  async initialize(worldSize: number, options: InitializeOptions = {}): Promise<void> {
    checkUpdateOptions('initialize', options, initializeOptions);
    checkUpdateOptions('initialize', worldSize, isShardCount, 'worldSize');
    await this.#locked(async () => {
      const files = this.#files();
      files.refuseNewer();
      if (options.replace !== true && isThere(this.path)) throw new ManifestExistsError(this.path);
      checkUpdateOptions('initialize', worldSize, isWorldSize, 'worldSize');
      await files.replace(ManifestModel.initial(worldSize, randomUUID(), this.#now()));
    });
  }

  async exists(): Promise<boolean> {
    return isThere(this.path);
  }

  /** The whole state, the journal's events included. */
  async load(): Promise<ManifestState> {
    return this.#read((model) => model.toState());
  }

  /** Records a checkpoint that lasts; recording it again changes nothing. */
  async updateShardCheckpoint(
    rank: number,
    batchIdx: number,
    numSequences: number,
    checkpointFile: string,
    options: UpdateOptions = {},
  ): Promise<void> {
    const of = 'updateShardCheckpoint';
    checkUpdateOptions(of, batchIdx, isCount, 'batchIdx');
    checkUpdateOptions(of, numSequences, isCount, 'numSequences');
    checkUpdateOptions(of, checkpointFile, isText, 'checkpointFile');
    const token = tokenIn(of, rank, options);
    const facts = factsOf({ batchIdx, numSequences, file: checkpointFile });
    await this.#update((model) => {
      checkClaim(model, rank, token, true);
      return { type: 'checkpoint', rank, ...facts };
    });
  }

  /** Replaces a shard's checkpoints by what was found in its folder, which is the truth. */
  async reconcileShard(
    rank: number,
    checkpoints: readonly RecordedCheckpoint[],
    options: UpdateOptions = {},
  ): Promise<void> {
    checkUpdateOptions('reconcileShard', checkpoints, recordedCheckpoints, 'checkpoints');
    const token = tokenIn('reconcileShard', rank, options);
    const found = checkpoints.map(factsOf);
    await this.#update((model) => {
      checkClaim(model, rank, token, true);
      return model.shard(rank).difference(rank, found);
    });
  }

  async markShardComplete(rank: number, options: UpdateOptions = {}): Promise<void> {
    const token = tokenIn('markShardComplete', rank, options);
    await this.#update((model) => {
      checkClaim(model, rank, token, true);
      return { type: 'complete', rank };
    });
    this.#claimOver(token);
  }

  /** Records a failure; a coordinator does so without the token of the worker that failed. */
  async markShardFailed(rank: number, error: string, options: UpdateOptions = {}): Promise<void> {
    checkUpdateOptions('markShardFailed', error, isText, 'error');
    const token = tokenIn('markShardFailed', rank, options);
    await this.#update((model) => {
      checkClaim(model, rank, token, false);
      return { type: 'failed', rank, error };
    });
    this.#claimOver(token);
  }

  /** Opens a shard again that was failed, or complete by mistake. */
  async markShardInProgress(rank: number, options: UpdateOptions = {}): Promise<void> {
    const token = tokenIn('markShardInProgress', rank, options);
    await this.#update((model) => {
      checkClaim(model, rank, token, false);
      return { type: 'in_progress', rank };
    });
  }

  /**
   * Gives a shard to one worker, and takes it from one that is dead: updates with an older token are refused from now on, and
   * so are those of a worker without one. The claim lives as long as the process that makes this call, which the kernel knows;
   * a shard that is complete or failed is nobody's.
   *
   * @param owner who it is, for people: such as a process and its host.
   * @throws ShardClaimedError when another owner is alive, in this process or another, unless `steal` is set; with
   * `unlessAliveWithinMs`, when its last sign of life is that near. LockUnsupportedError where the file system cannot tell.
   */
  async claimShard(rank: number, owner: string, options: ClaimOptions = {}): Promise<ShardClaim> {
    checkUpdateOptions('claimShard', rank, isRank, 'rank');
    checkUpdateOptions('claimShard', owner, isOwner, 'owner');
    checkUpdateOptions('claimShard', options, claimOptions);
    if (options.steal === true && options.unlessAliveWithinMs !== undefined)
      throw new ManifestUpdateError('claimShard: pass steal or unlessAliveWithinMs, not both');
    const locks = ClaimLocks.at(`${this.path}.claims`);
    let before: ShardClaim | null = null;
    let claim: ShardClaim | null = null;
    try {
      await this.#update(
        (model, at) => {
          before = claimOf(model, rank);
          checkMayClaim(model.shard(rank), { ...options, rank, owner, at }, () =>
            locks.holderOf(before!.token),
          );
          return { type: 'claimed', rank, owner };
        },
        (model) => {
          claim = claimOf(model, rank)!;
          // Before anybody can see the claim: the manifest's lock is still held.
          locks.hold(claim.token);
        },
      );
    } catch (error) {
      this.#claimOver((claim as ShardClaim | null)?.token);
      throw error;
    }
    this.#claimOver((before as ShardClaim | null)?.token);
    return claim!;
  }

  /** A sign of life of the shard's owner. @throws StaleClaimError when it is the owner no more. */
  async heartbeat(rank: number, options: Required<UpdateOptions>): Promise<void> {
    const token = tokenIn('heartbeat', rank, options);
    await this.#update((model) => {
      // Whoever has no token has no claim.
      if (token === undefined) throw new StaleClaimError(rank, claimOf(model, rank)?.owner ?? null, false);
      checkClaim(model, rank, token, true);
      return { type: 'heartbeat', rank };
    });
  }

  /**
   * Records what a shard's coordinator keeps of its failures, such as retries that are spent, so that one that begins later
   * goes on counting. Like a failure it needs no token. Recording the same again changes nothing; claims keep it, and
   * `markShardComplete` and a rebuild make it null.
   *
   * @param recovery plain JSON, at most 1 MiB of it and 100 deep; taken as it is at the call.
   * @throws ManifestUpdateError for what JSON would not give back as it was.
   */
  async recordRecovery(rank: number, recovery: Json | null): Promise<void> {
    checkUpdateOptions('recordRecovery', rank, isRank, 'rank');
    checkUpdateOptions('recordRecovery', recovery, isRecovery, 'recovery');
    const event = checkEvent({ type: 'recovery', rank, recovery });
    const text = JSON.stringify(event);
    await this.#update(() => JSON.parse(text) as ManifestEvent);
  }

  /**
   * Records that a failed shard's remaining work went to another's worker.
   *
   * @param newRank the shard that worker had before; the failed one itself where it had none.
   */
  async recordRedistribution(failedRank: number, newRank: number): Promise<void> {
    checkUpdateOptions('recordRedistribution', failedRank, isRank, 'failedRank');
    checkUpdateOptions('recordRedistribution', newRank, isRank, 'newRank');
    await this.#update(() => ({ type: 'redistributed', failed_rank: failedRank, new_rank: newRank }));
  }

  /** Ranks that are not complete, ascending. */
  async getResumableShards(): Promise<number[]> {
    return this.#read((model) => model.ranks('in_progress', 'failed'));
  }

  /** Ranks that are complete, ascending. */
  async getCompletedShards(): Promise<number[]> {
    return this.#read((model) => model.ranks('complete'));
  }

  async getGlobalProgress(): Promise<GlobalProgress> {
    return this.#read((model) => model.progress());
  }

  /** The newest owner of each redistributed shard, by failed rank. */
  async getRedistributedShards(): Promise<Map<number, number>> {
    return this.#read((model) => model.redistributed());
  }

  /** One shard's state, or null when the run has no such shard. @throws RangeError for what is no rank. */
  async getShardState(rank: number): Promise<ShardState | null> {
    checkOptions('getShardState', rank, isRank, 'rank');
    return this.#read((model) => (model.has(rank) ? model.shard(rank).toState() : null));
  }

  /**
   * Tells of changes, whoever makes them: at once of what there is, then of each change or, where the listener is slow, of
   * several as one. Ends with the signal, with `return()`, or when the loop over it ends.
   *
   * @throws RangeError and TypeError for options that are none, such as a `pollMs` that no timer can have.
   */
  watch(options: WatchOptions = {}): ManifestWatch {
    checkOptions('watch', options, watchOptions);
    return new ManifestWatch(this.path, (of) => this.#read(of), options);
  }

  /** A claim of this process that is over keeps nobody out any more. */
  #claimOver(token: string | undefined): void {
    if (token !== undefined) ClaimLocks.at(`${this.path}.claims`).release(token);
  }

  /** What is to be known of the files' state, without the lock unless they are being changed too fast or damaged. */
  async #read<T>(of: (model: ManifestModel) => T): Promise<T> {
    // The reading itself waits for nothing: a loop of it would leave timers and signals no turn.
    await turn();
    try {
      return await this.#turns.take(() => of(this.#files().read(false)));
    } catch (error) {
      if (!(error instanceof UnsettledError)) throw error;
      return await this.#locked(async () => of(await this.#current())).catch(
        (caught: NodeJS.ErrnoException) => {
          // Who may only read is told what is wrong, not that the lock cannot be had.
          throw READ_ONLY.has(caught.code ?? '') && error.cause ? error.cause : caught;
        },
      );
    }
  }

  /** The state as the files have it; made anew where they are damaged and that is possible. Under the lock. */
  async #current(): Promise<ManifestModel> {
    const files = this.#files();
    try {
      return files.read(true);
    } catch (error) {
      const { rebuild, onWarning = (message) => process.emitWarning(message) } = this.#options;
      if (!(error instanceof ManifestCorruptError) || !rebuild) throw error;
      const model = await rebuilt(files.readable(), rebuild, this.#now()).catch((cause: unknown) => {
        throw new ManifestCorruptError(
          this.path,
          `${error.reason}; it could not be made anew: ${messageOf(cause)}`,
          { cause },
        );
      });
      const aside = await keepDamaged([files.path, files.journalPath]);
      await files.replace(model);
      onWarning(
        `${this.path} was damaged (${error.reason}) and is made anew from the checkpoints; the damaged one is ${aside}`,
      );
      return model;
    }
  }

  /** @param then is called with the state right after the event, before others. */
  async #update(
    event: (model: ManifestModel, at: string) => ManifestEvent,
    then: (model: ManifestModel) => void = () => undefined,
  ): Promise<void> {
    await new Promise<void>((done, reject) => {
      this.#waiting.push({ event, then, resolve: done, reject, since: performance.now() });
      void this.#commitAll();
    });
  }

  /** Commits what waits, and what comes while it does. */
  async #commitAll(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    while (this.#waiting.length > 0) await this.#commit();
    this.#committing = false;
  }

  /** Everything that waits, with one taking of the lock and one way to the disk. */
  async #commit(): Promise<void> {
    const first = this.#waiting.length;
    // What came while another waited has waited as well.
    const waited = performance.now() - this.#waiting[0]!.since;
    let batch: Update[] = [];
    try {
      await this.#turns.take(() => this.#files().prepare());
      const settle = await this.#locked(
        async () => {
          const model = await this.#current();
          batch = this.#waiting.splice(0);
          return this.#apply(model, batch);
        },
        Math.max(0, this.#lockTimeoutMs - waited),
      );
      // The lock is free: others need not wait for the disk.
      await settle().catch(async (error: unknown) => {
        // Nobody else is told that the lines may not last; a new manifest.json does, if the disk lets us.
        await this.#locked(async () => this.#files().replace(await this.#current())).catch(() => undefined);
        throw error;
      });
      for (const { refusal, resolve, reject } of batch) refusal ? reject(refusal.error) : resolve();
    } catch (error) {
      if (batch.length === 0) batch = this.#waiting.splice(0, first);
      for (const { refusal, reject } of batch) reject(refusal ? refusal.error : error);
    }
  }

  /** Takes a batch of updates in, but for those that cannot be. */
  #apply(model: ManifestModel, batch: readonly Update[]): Promise<Settle> {
    const records: JournalRecord[] = [];
    for (const update of batch) {
      try {
        const at = this.#now();
        const event = checkEvent(update.event(model, at));
        if (model.apply(event, at)) records.push({ revision: model.revision, at, event });
        update.then(model);
      } catch (error) {
        update.refusal = { error };
      }
    }
    return records.length > 0 ? this.#files().append(records) : this.#files().settled();
  }

  async #locked<T>(work: () => T | Promise<T>, timeoutMs = this.#lockTimeoutMs): Promise<T> {
    const lock = await this.#acquireLock(timeoutMs);
    try {
      return await this.#turns.take(work);
    } finally {
      await lock.release();
    }
  }

  /** Opened late: the folder need not be there before the first use. */
  #files(): ManifestStore {
    this.#store ??= new ManifestStore(this.path, {
      fsync: this.#options.fsync ?? true,
      coherent: isLocalDisk(dirname(this.path)),
    });
    return this.#store;
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function tokenIn(of: string, rank: number, options: UpdateOptions): string | undefined {
  checkUpdateOptions(of, rank, isRank, 'rank');
  checkUpdateOptions(of, options, updateOptions);
  return options.token;
}
