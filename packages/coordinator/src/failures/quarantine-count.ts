import type { PoisonKind } from './isolation.js';

/**
 * Counts quarantined sequences, each once even if it is found again after a worker was lost. `refused`
 * includes those of earlier commands; `setAside` only those since this command began, because set-aside
 * sequences are reattempted.
 */
export class QuarantineCount {
  readonly #shards = new Map<number, { saved: number; found: Set<number> }>();
  readonly #setAside = new Set<number>();
  readonly #known = new Set<number>();

  /** @param before sequences refused in shards that are not worked on. */
  constructor(readonly before: number) {}

  get refused(): number {
    let count = this.before;
    for (const { saved, found } of this.#shards.values()) count += saved + found.size;
    return count;
  }

  get setAside(): number {
    return this.#setAside.size;
  }

  /** A shard's checkpoints hold `saved` refused sequences; any others were lost with their worker. */
  resumed(shard: number, saved: number): void {
    this.#shards.set(shard, { saved, found: new Set() });
  }

  /** A sequence of a shard is at fault. @returns whether this is news. */
  found(shard: number, ordinal: number, kind: PoisonKind): boolean {
    if (kind === 'poison_input') {
      if (!this.#shards.has(shard)) this.resumed(shard, 0);
      this.#shards.get(shard)!.found.add(ordinal);
      this.#setAside.delete(ordinal);
    } else this.#setAside.add(ordinal);
    const news = !this.#known.has(ordinal);
    this.#known.add(ordinal);
    return news;
  }
}
