import type { CoordinatorEvent } from '../events.js';
import { Pace } from './pace.js';

/** Where the work of a plan lies. */
export interface PlannedWork {
  shards: readonly { firstPosition: number; endPosition: number }[];
  /** Tokens of the batches before a position, padding included: what they cost, where sequences differ in length. */
  tokensBefore(position: number): number;
}

/** How far a run is. */
export interface ProgressFacts {
  /** Sequences in checkpoints or embedded since, those that are quarantined among them. */
  done: number;
  total: number;
  /** Tokens embedded in a second, padding included; null until it is known. */
  perSecond: number | null;
  /** Null until enough was embedded to tell. */
  secondsLeft: number | null;
}

/**
 * Counts sequences that are done, and tells the time left from the tokens that are not. Work that a worker lost counts as done
 * no more once another resumes its shard, and the time it took still tells how fast workers are.
 */
export class Progress {
  readonly #work: PlannedWork;
  readonly #pace = new Pace();
  /** The position up to which each shard is done. */
  readonly #at: number[];
  readonly #total: number;
  #done = 0;
  #tokensLeft: number;

  /** @param standing sequences of each shard that are done, as the manifest has it: a worker that resumes it knows better. */
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

  /** Takes in what happened. @param now milliseconds of a clock that only goes forward. @returns whether to tell how far the run is. */
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

  /** A shard stands at this many sequences, whatever it stood at before. @returns the tokens in between. */
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
