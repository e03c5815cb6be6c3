import type { CoordinatorEvent } from '../events.js';
import { Pace } from './pace.js';

/** How the work of a plan is distributed. */
export interface PlannedWork {
  shards: readonly { firstPosition: number; endPosition: number }[];
  /**
   * Tokens of the batches before a position, padding included; a measure of cost for sequences of any length.
   */
  tokensBefore(position: number): number;
}

/** The progress of a run. */
export interface ProgressFacts {
  /** Sequences in checkpoints or embedded since, quarantined ones included. */
  done: number;
  total: number;
  /** Tokens embedded a second, padding included; null until known. */
  perSecond: number | null;
  /** Null until enough was embedded for an estimate. */
  secondsLeft: number | null;
}

/**
 * Counts finished sequences and estimates the time left from the remaining tokens. Work lost with a worker
 * counts as undone once another resumes the shard; the time it took still counts for the workers' speed.
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
   * @param standing finished sequences of each shard by the manifest; a worker that resumes a shard corrects
   * it.
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

  /**
   * Takes an event into account.
   *
   * @param now milliseconds of a clock that only goes forward.
   * @returns whether to report the progress.
   */
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

  /** Sets a shard's count of finished sequences. @returns the tokens between the old and the new count. */
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
