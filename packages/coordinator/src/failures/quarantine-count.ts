import type { PoisonKind } from './isolation.js';

/**
 * Counts the sequences that are quarantined, each once, whatever is found again after a worker was lost: those that the model
 * refused, earlier runs' included, and those that were only set aside since this run began, as these are tried again.
 */
export class QuarantineCount {
  readonly #shards = new Map<number, { saved: number; found: Set<number> }>();
  readonly #setAside = new Set<number>();
  readonly #told = new Set<number>();

  /** @param before what was refused in shards that are not worked on. */
  constructor(readonly before: number) {}

  get refused(): number {
    let count = this.before;
    for (const { saved, found } of this.#shards.values()) count += saved + found.size;
    return count;
  }

  get setAside(): number {
    return this.#setAside.size;
  }

  /** A shard's checkpoints hold so many that were refused; what else was refused was not saved. */
  resumed(shard: number, saved: number): void {
    this.#shards.set(shard, { saved, found: new Set() });
  }

  /** A sequence of a shard is at fault. @returns whether this was not known. */
  found(shard: number, ordinal: number, kind: PoisonKind): boolean {
    if (kind === 'poison_input') {
      if (!this.#shards.has(shard)) this.resumed(shard, 0);
      this.#shards.get(shard)!.found.add(ordinal);
      this.#setAside.delete(ordinal);
    } else this.#setAside.add(ordinal);
    const news = !this.#told.has(ordinal);
    this.#told.add(ordinal);
    return news;
  }
}
