/** Counts the sequences that are quarantined, each once, whatever is found again after a worker was lost. */
export class QuarantineCount {
  readonly #shards = new Map<number, { saved: number; found: Set<number> }>();
  readonly #told = new Set<number>();

  /** @param before those of shards that are not worked on. */
  constructor(readonly before: number) {}

  get count(): number {
    let count = this.before;
    for (const { saved, found } of this.#shards.values()) count += saved + found.size;
    return count;
  }

  /** A shard's checkpoints hold so many; what else was found was not saved. */
  resumed(shard: number, saved: number): void {
    this.#shards.set(shard, { saved, found: new Set() });
  }

  /** A sequence of a shard is at fault. @returns whether this was not known. */
  found(shard: number, ordinal: number): boolean {
    if (!this.#shards.has(shard)) this.resumed(shard, 0);
    this.#shards.get(shard)!.found.add(ordinal);
    const news = !this.#told.has(ordinal);
    this.#told.add(ordinal);
    return news;
  }
}
