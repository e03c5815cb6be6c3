import type { CoordinatorEvent } from '../events.js';

/** Sequences of one shard. */
interface Count {
  /** Embedded, saved or not yet. */
  done: number;
  /** In checkpoints. */
  saved: number;
  /** Embedded batches that no checkpoint has yet: the batch after each, and `done` at its end. */
  pending: { nextBatch: number; done: number }[];
  /** The first batch that is not embedded, as far as that is known. */
  next?: number;
}

/** How an event changed a shard's count of embedded sequences. */
export interface CountChange {
  shard: number;
  before: number;
  now: number;
}

/**
 * Counts the embedded sequences of shards, quarantined ones included. Sequences that a worker had not saved
 * leave the count when it exits.
 */
export class ShardCounts {
  readonly #sizeOf: (shard: number) => number;
  readonly #counts = new Map<number, Count>();
  /** The shard of each slot's worker. */
  readonly #held = new Map<number, number>();

  /**
   * @param sizeOf sequences of a shard.
   * @param standing saved sequences of each shard, as far as they are known. A worker that resumes a shard corrects them.
   */
  constructor(sizeOf: (shard: number) => number, standing: readonly number[] = []) {
    this.#sizeOf = sizeOf;
    for (const [shard, saved] of standing.entries()) this.#stands(shard, saved);
  }

  /** Embedded sequences of a shard. */
  done(shard: number): number {
    return this.#counts.get(shard)?.done ?? 0;
  }

  /** Those of them that are in checkpoints. */
  saved(shard: number): number {
    return this.#counts.get(shard)?.saved ?? 0;
  }

  /** Applies an event. @returns null if it is no event that changes a count. */
  heard(event: CoordinatorEvent): CountChange | null {
    switch (event.type) {
      case 'assigned':
        this.#held.set(event.slot, event.shard);
        return null;
      case 'resumed':
        this.#held.set(event.slot, event.shard);
        return this.#stands(event.shard, event.sequences, event.nextBatch);
      case 'progress':
        this.#held.set(event.slot, event.shard);
        return this.#embedded(event.shard, event.sequences, event.nextBatch);
      case 'checkpoint':
        this.#saved(event.shard, event.sequences, event.endBatch);
        return null;
      case 'complete':
        this.#held.delete(event.slot);
        this.#stands(event.shard, this.done(event.shard));
        return null;
      case 'claim_lost':
        this.#held.delete(event.slot);
        return this.#lost(event.shard);
      case 'exited': {
        const shard = this.#held.get(event.slot);
        this.#held.delete(event.slot);
        return shard === undefined ? null : this.#lost(shard);
      }
      default:
        return null;
    }
  }

  #embedded(shard: number, sequences: number, nextBatch?: number): CountChange {
    const count = this.#of(shard);
    const before = count.done;
    count.done = this.#within(shard, before + sequences);
    // No batch follows the last one of a shard, so a worker names none.
    const after = nextBatch ?? (count.next === undefined ? undefined : count.next + 1);
    if (after !== undefined) {
      count.pending.push({ nextBatch: after, done: count.done });
      count.next = after;
    }
    return { shard, before, now: count.done };
  }

  /** A checkpoint has rows only, so its last batch says how many sequences it reaches. */
  #saved(shard: number, rows: number, endBatch = -1): void {
    const count = this.#of(shard);
    const reached = count.pending.findLast(({ nextBatch }) => nextBatch <= endBatch)?.done;
    count.saved = Math.min(count.done, reached ?? count.saved + rows);
    count.pending = count.pending.filter(({ nextBatch }) => nextBatch > endBatch);
  }

  #lost(shard: number): CountChange {
    return this.#stands(shard, this.#of(shard).saved);
  }

  #stands(shard: number, saved: number, next?: number): CountChange {
    const before = this.done(shard);
    const now = this.#within(shard, saved);
    this.#counts.set(shard, { done: now, saved: now, pending: [], ...(next !== undefined && { next }) });
    return { shard, before, now };
  }

  #of(shard: number): Count {
    const known = this.#counts.get(shard);
    if (known !== undefined) return known;
    const none: Count = { done: 0, saved: 0, pending: [] };
    this.#counts.set(shard, none);
    return none;
  }

  #within(shard: number, sequences: number): number {
    return Math.min(this.#sizeOf(shard), Math.max(0, sequences));
  }
}
