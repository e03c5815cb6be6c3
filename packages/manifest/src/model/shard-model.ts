import { ManifestUpdateError } from '../errors.js';
import type { Json } from './recovery.js';
import type { CheckpointEntry, Lease, ManifestEvent, ShardState, ShardStatus } from './schema.js';

/** An event of one shard. */
export type ShardEvent = Exclude<ManifestEvent, { type: 'redistributed' }>;

/** One shard in memory: its checkpoints by number, with their totals kept up to date. */
export class ShardModel {
  /** The number of the last event that changed it. */
  revision = 0;
  #status: ShardStatus = 'in_progress';
  #completedAt: string | null = null;
  #error: string | null = null;
  #lease: Lease | null = null;
  /** As JSON text, which nobody can change from outside. */
  #recovery = 'null';
  readonly #checkpoints = new Map<number, CheckpointEntry>();
  #last = -1;
  #totalSequences = 0;
  /** Whether the map's order is ascending. */
  #ascending = true;

  static from(state: ShardState): ShardModel {
    const shard = new ShardModel();
    shard.#status = state.status;
    shard.#completedAt = state.completed_at;
    shard.#error = state.error;
    shard.#lease = state.lease;
    shard.#recovery = JSON.stringify(state.recovery);
    shard.revision = state.revision;
    for (const entry of state.checkpoints) shard.#put(entry);
    return shard;
  }

  get status(): ShardStatus {
    return this.#status;
  }

  get lease(): Readonly<Lease> | null {
    return this.#lease;
  }

  get totalSequences(): number {
    return this.#totalSequences;
  }

  get totalCheckpoints(): number {
    return this.#checkpoints.size;
  }

  /** See `ManifestModel.apply`. */
  apply(event: ShardEvent, at: string): boolean {
    switch (event.type) {
      case 'checkpoint':
        this.#checkSum([event]);
        return this.#record(event, at);
      case 'reconciled':
        this.#checkSum(event.added);
        return this.#reconcile(event, at);
      case 'complete': {
        // A complete shard has nothing to recover from.
        const hadRecovery = this.#recover(null);
        return this.#become('complete', at, null) || hadRecovery;
      }
      case 'in_progress':
        return this.#become('in_progress', null, null);
      case 'failed':
        return this.#become('failed', null, event.error);
      case 'claimed': {
        const attempt = (this.#lease?.attempt ?? 0) + 1;
        this.#lease = { owner: event.owner, attempt, claimed_at: at, heartbeat_at: at };
        // Whatever its state was, somebody works on it now.
        this.#become('in_progress', null, null);
        return true;
      }
      case 'heartbeat':
        if (this.#lease) this.#lease = { ...this.#lease, heartbeat_at: at };
        return this.#lease !== null;
      case 'recovery':
        return this.#recover(event.recovery);
    }
  }

  /** The event after which exactly these checkpoints are recorded. */
  difference(rank: number, found: readonly CheckpointFacts[]): Extract<ShardEvent, { type: 'reconciled' }> {
    const numbers = new Set(found.map(({ batch_idx }) => batch_idx));
    return {
      type: 'reconciled',
      rank,
      removed: [...this.#checkpoints.keys()].filter((number) => !numbers.has(number)),
      added: found.filter((facts) => !this.#has(facts)),
    };
  }

  toState(): ShardState {
    // Copies: the caller may change them.
    const checkpoints = Array.from(this.#checkpoints.values(), (entry) => ({ ...entry }));
    if (!this.#ascending) checkpoints.sort((a, b) => a.batch_idx - b.batch_idx);
    return {
      status: this.#status,
      last_checkpoint_batch: this.#last,
      total_sequences: this.#totalSequences,
      checkpoints,
      completed_at: this.#completedAt,
      error: this.#error,
      lease: this.#lease && { ...this.#lease },
      recovery: JSON.parse(this.#recovery) as Json,
      revision: this.revision,
    };
  }

  #become(status: ShardStatus, completedAt: string | null, error: string | null): boolean {
    if (this.#status === status && this.#error === error) return false;
    this.#status = status;
    this.#completedAt = completedAt;
    this.#error = error;
    return true;
  }

  #recover(recovery: Json): boolean {
    const text = JSON.stringify(recovery);
    if (this.#recovery === text) return false;
    this.#recovery = text;
    return true;
  }

  #record(facts: CheckpointFacts, at: string): boolean {
    if (this.#has(facts)) return false;
    const { batch_idx, num_sequences, file } = facts;
    this.#put({ batch_idx, num_sequences, file, recorded_at: at });
    return true;
  }

  #reconcile(
    { removed, added }: { removed: readonly number[]; added: readonly CheckpointFacts[] },
    at: string,
  ): boolean {
    for (const number of removed) {
      this.#totalSequences -= this.#checkpoints.get(number)?.num_sequences ?? 0;
      this.#checkpoints.delete(number);
    }
    if (removed.length > 0) this.#last = [...this.#checkpoints.keys()].reduce((a, b) => Math.max(a, b), -1);
    for (const facts of added) this.#record(facts, at);
    return removed.length > 0 || added.length > 0;
  }

  #has({ batch_idx, num_sequences, file }: CheckpointFacts): boolean {
    const known = this.#checkpoints.get(batch_idx);
    return known?.num_sequences === num_sequences && known.file === file;
  }

  /** @throws ManifestUpdateError if the sum is not a safe integer. */
  #checkSum(added: readonly CheckpointFacts[]): void {
    const sum = added.reduce((total, { num_sequences }) => total + num_sequences, this.#totalSequences);
    if (!Number.isSafeInteger(sum))
      throw new ManifestUpdateError('num_sequences: more sequences than can be counted');
  }

  #put(entry: CheckpointEntry): void {
    const before = this.#checkpoints.get(entry.batch_idx);
    this.#totalSequences += entry.num_sequences - (before?.num_sequences ?? 0);
    if (!before && entry.batch_idx < this.#last) this.#ascending = false;
    this.#last = Math.max(this.#last, entry.batch_idx);
    this.#checkpoints.set(entry.batch_idx, entry);
  }
}

/** A checkpoint as a worker reports it. */
type CheckpointFacts = Omit<CheckpointEntry, 'recorded_at'>;
