import type { Checkpoint, Metadata } from '@holdfast/checkpoint';
import type { SequenceIndex } from './index-store/index.js';

/** A shard: a run of whole batches, and with them of positions in the plan. */
export interface Shard {
  shard: number;
  firstBatch: number;
  endBatch: number;
  firstPosition: number;
  endPosition: number;
}

/**
 * The facts a checkpoint of ours carries: which run it belongs to, which batches and positions its rows are, and of how many of
 * them tokens were left out, where there are any.
 */
export function checkpointFacts(
  run: string,
  shard: number,
  batches: [number, number],
  positions: [number, number],
  truncated: number,
): Metadata {
  return {
    run,
    shard,
    first_batch: batches[0],
    end_batch: batches[1],
    first_position: positions[0],
    end_position: positions[1],
    ...(truncated > 0 ? { truncated } : {}),
  };
}

/**
 * Follows a shard's checkpoints from its first batch on, and accepts one only if it holds exactly the rows that come
 * next: of this run, beginning where the last ended, ending with a whole batch, under the IDs of the index.
 */
export class ShardCursor {
  /** The first batch not yet covered. */
  nextBatch: number;
  /** Sequences of the accepted checkpoints of which tokens were left out. */
  truncated = 0;

  constructor(
    readonly shard: Shard,
    readonly run: string,
    readonly dim: number,
    readonly index: SequenceIndex,
  ) {
    this.nextBatch = shard.firstBatch;
  }

  /** Whether every batch of the shard is covered. */
  get done(): boolean {
    return this.nextBatch >= this.shard.endBatch;
  }

  /** What is wrong with a checkpoint as the next one, or null; then the cursor has moved behind it. */
  accept = async (checkpoint: Checkpoint): Promise<string | null> => {
    const fact = (key: string) => checkpoint.metadata.get(key);
    if (fact('run') !== this.run) return 'it belongs to another run';
    const endBatch = Number(fact('end_batch'));
    if (
      Number(fact('first_batch')) !== this.nextBatch ||
      !(Number.isInteger(endBatch) && endBatch > this.nextBatch && endBatch <= this.shard.endBatch)
    ) {
      return `it holds batches ${fact('first_batch')} to ${fact('end_batch')}, but batch ${this.nextBatch} comes next`;
    }
    const [first] = this.index.batchRange(this.nextBatch);
    const [, end] = this.index.batchRange(endBatch - 1);
    const [rows, dim] = checkpoint.shape;
    if (rows !== end - first || dim !== this.dim) {
      return `shape mismatch: [${rows}, ${dim}] where [${end - first}, ${this.dim}] belongs`;
    }
    const ids = await this.index.ids(first, end);
    const wrong = ids.findIndex((id, i) => id !== checkpoint.sequenceIds[i]);
    if (wrong >= 0)
      return `row ${wrong} is named ${checkpoint.sequenceIds[wrong]}, but the input has ${ids[wrong]} there`;
    const truncated = Number(fact('truncated') ?? 0);
    if (!(Number.isInteger(truncated) && truncated >= 0 && truncated <= rows))
      return `it says that tokens of ${fact('truncated')} of its ${rows} sequences were left out`;
    this.truncated += truncated;
    this.nextBatch = endBatch;
    return null;
  };
}
