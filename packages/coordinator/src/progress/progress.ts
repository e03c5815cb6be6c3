import type { CoordinatorEvent } from '../events.js';
import { Pace } from './pace.js';
import { type CountChange, ShardCounts } from './shard-counts.js';

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
 * is subtracted when it exits; the time it took still counts towards the workers' pace.
 */
export class Progress {
  readonly #work: PlannedWork;
  readonly #pace = new Pace();
  readonly #counts: ShardCounts;
  readonly #total: number;
  #done = 0;
  #tokensLeft: number;

  /**
   * @param standing finished sequences of each shard according to the manifest. A worker that resumes a shard
   * corrects it.
   */
  constructor(work: PlannedWork, standing: readonly number[]) {
    this.#work = work;
    const sizes = work.shards.map(({ firstPosition, endPosition }) => endPosition - firstPosition);
    this.#counts = new ShardCounts((shard) => sizes[shard]!, standing);
    this.#total = sizes.reduce((sum, size) => sum + size, 0);
    this.#tokensLeft = work.shards.reduce(
      (sum, { firstPosition, endPosition }) =>
        sum + work.tokensBefore(endPosition) - work.tokensBefore(firstPosition),
      0,
    );
    for (const shard of standing.keys()) this.#moves({ shard, before: 0, now: this.#counts.done(shard) });
  }

  /** Applies an event. @param now milliseconds of a monotonic clock. @returns whether to report progress. */
  heard(event: CoordinatorEvent, now: number): boolean {
    const change = this.#counts.heard(event);
    const tokens = change === null ? 0 : this.#moves(change);
    switch (event.type) {
      case 'assigned':
        this.#pace.works(event.slot);
        return false;
      case 'resumed':
        this.#pace.begins(event.slot, now);
        return true;
      case 'progress':
        this.#pace.embedded(event.slot, tokens, now);
        return true;
      case 'complete':
        this.#pace.rests(event.slot);
        return false;
      case 'exited':
        this.#pace.leaves(event.slot);
        return tokens !== 0;
      default:
        return tokens !== 0;
    }
  }

  facts(now: number): ProgressFacts {
    const perSecond = this.#pace.perSecond(now);
    const left = this.#tokensLeft;
    const known = perSecond !== null && this.#pace.usable;
    const secondsLeft = left === 0 ? 0 : known ? left / perSecond : null;
    return { done: this.#done, total: this.#total, perSecond, secondsLeft };
  }

  /** Counts the sequences by which a shard moved, up or down. @returns their tokens. */
  #moves({ shard, before, now }: CountChange): number {
    const { firstPosition } = this.#work.shards[shard]!;
    const tokens =
      this.#work.tokensBefore(firstPosition + now) - this.#work.tokensBefore(firstPosition + before);
    this.#done += now - before;
    this.#tokensLeft -= tokens;
    return tokens;
  }
}
