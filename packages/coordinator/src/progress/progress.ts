import type { CoordinatorEvent } from '../events.js';
import { Pace } from './pace.js';

/** How the work of a plan is spread over its positions. */
export interface PlannedWork {
  shards: readonly { firstPosition: number; endPosition: number }[];
  /**
   * Tokens of the batches before a position, padding included: their cost, since sequences differ in length.
   */
  tokensBefore(position: number): number;
}

export interface ProgressFacts {
  /** Sequences in checkpoints or embedded since, including quarantined ones. */
  done: number;
  total: number;
  /** Tokens embedded per second, padding included; null until known. */
  perSecond: number | null;
  /** Null until enough was embedded for an estimate. */
  secondsLeft: number | null;
}

/**
 * Counts finished sequences, and estimates the time left from the remaining tokens. Work that a worker lost
 * is subtracted when another resumes its shard; the time it took still counts towards the workers' pace.
 */
export class Progress {
  readonly #work: PlannedWork;
  readonly #pace = new Pace();
  /** The position up to which each shard is done. */
  readonly #at: number[];
  readonly #total: number;
  #done = 0;
  #tokensLeft: number;

  /**
   * @param standing finished sequences of each shard according to the manifest. A worker that resumes a shard
   * corrects it.
   */
  constructor(work: PlannedWork, standing: readonly number[]) {
    this.#work = work;
    this.#at = work.shards.map(({ firstPosition }) => firstPosition);
    this.#total = work.shards.reduce((sum, shard) => sum + shard.endPosition - shard.firstPosition, 0);
    this.#tokensLeft = work.shards.reduce(
      (sum, { firstPosition, endPosition }) =>
        sum + work.tokensBefore(endPosition) - work.tokensBefore(firstPosition),
      0,
    );
    for (const [shard, sequences] of standing.entries()) this.#stands(shard, sequences);
  }

  /** Applies an event. @param now milliseconds of a monotonic clock. @returns whether to report progress. */
  heard(event: CoordinatorEvent, now: number): boolean {
    switch (event.type) {
      case 'assigned':
        this.#pace.works(event.slot);
        return false;
      case 'resumed':
        this.#stands(event.shard, event.sequences);
        this.#pace.begins(event.slot, now);
        return true;
      case 'progress':
        this.#pace.embedded(event.slot, this.#embedded(event.shard, event.sequences), now);
        return true;
      case 'complete':
        this.#pace.rests(event.slot);
        return false;
      case 'exited':
        this.#pace.leaves(event.slot);
        return false;
      default:
        return false;
    }
  }

  facts(now: number): ProgressFacts {
    const perSecond = this.#pace.perSecond(now);
    const left = this.#tokensLeft;
    const known = perSecond !== null && this.#pace.usable;
    const secondsLeft = left === 0 ? 0 : known ? left / perSecond : null;
    return { done: this.#done, total: this.#total, perSecond, secondsLeft };
  }

  /** Sets a shard's finished sequences, up or down. @returns the tokens in between. */
  #stands(shard: number, sequences: number): number {
    const { firstPosition, endPosition } = this.#work.shards[shard]!;
    const before = this.#at[shard]!;
    const now = Math.min(endPosition, firstPosition + Math.max(0, sequences));
    const tokens = this.#work.tokensBefore(now) - this.#work.tokensBefore(before);
    this.#at[shard] = now;
    this.#done += now - before;
    this.#tokensLeft -= tokens;
    return tokens;
  }

  #embedded(shard: number, sequences: number): number {
    const stood = this.#at[shard]! - this.#work.shards[shard]!.firstPosition;
    return this.#stands(shard, stood + sequences);
  }
}
