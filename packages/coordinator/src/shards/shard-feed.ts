import { asRecovery, type Recovery } from '../failures/recovery.js';

/** A shard that a source hands out. */
export interface SourcedShard {
  shard: number;
  /** The fencing token for its worker, which gets it with the shard. */
  claim: string;
  /** Its failures under earlier coordinators, as their `ShardRecords` kept them. */
  recovery?: unknown;
}

/** Hands out shards one by one, for example by claiming them in a manifest from which others claim too. */
export interface ShardSource {
  /** The next shard; null: there are no more for this coordinator. */
  next(): Promise<SourcedShard | null>;
}

/** Asks a source for one shard at a time. */
export class ShardFeed {
  readonly #source: ShardSource | undefined;
  #asking = false;
  #empty: boolean;
  /** Why the source failed; it is then not asked again. */
  failure: { error: unknown } | null = null;

  constructor(source: ShardSource | undefined) {
    this.#source = source;
    this.#empty = source === undefined;
  }

  /** Whether no shard will come any more. */
  get exhausted(): boolean {
    return this.#empty;
  }

  /** @param then is called when a shard came, or when it is known that none does. */
  ask(take: (shard: number, claim: string, recovery: Recovery | null) => void, then: () => void): void {
    if (this.#asking || this.#empty) return;
    this.#asking = true;
    void this.#next(take).finally(() => {
      this.#asking = false;
      then();
    });
  }

  async #next(take: (shard: number, claim: string, recovery: Recovery | null) => void): Promise<void> {
    try {
      const next = (await this.#source?.next()) ?? null;
      if (next === null) this.#empty = true;
      else take(next.shard, next.claim, asRecovery(next.recovery));
    } catch (error) {
      this.failure = { error };
      this.#empty = true;
    }
  }
}
