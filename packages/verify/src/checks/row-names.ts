import type { SequenceIndex } from '@holdfast/plan';
import type { ShardStanding } from '../shard-standing.js';

/** Names a row of the result: its ID, and the checkpoint that has its numbers. */
export class RowNames {
  readonly #missing: readonly number[];

  /** @param missing ordinals without a row. */
  constructor(
    readonly index: SequenceIndex,
    readonly standings: readonly ShardStanding[],
    missing: readonly number[],
  ) {
    this.#missing = [...missing].sort((a, b) => a - b);
  }

  /** The ordinal of a row of the result. */
  ordinalOf(row: number): number {
    let ordinal = row;
    for (const missing of this.#missing) if (missing <= ordinal) ordinal++;
    return ordinal;
  }

  /** The row of a sequence that has one. */
  rowOf(ordinal: number): number {
    let [low, high] = [0, this.#missing.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#missing[middle]! < ordinal) low = middle + 1;
      else high = middle;
    }
    return ordinal - low;
  }

  async idOf(ordinal: number): Promise<string> {
    const [id] = await this.index.idsOf([ordinal]);
    return id!;
  }

  /** The shard and the checkpoint of a sequence; for one that was tried again, the checkpoint that lists it as quarantined. */
  async checkpointOf(ordinal: number): Promise<{ shard: number; number: number }> {
    const position = await this.index.positionOf(ordinal);
    const { shard, found } = this.standings.find(
      ({ plan }) => plan !== null && position >= plan.firstPosition && position < plan.endPosition,
    )!;
    const { number } = found.find(({ first, end }) => position >= first && position < end)!;
    return { shard, number };
  }
}
