import type { Checkpoint, Metadata } from '@holdfast/checkpoint';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import {
  formatQuarantined,
  parseQuarantined,
  QUARANTINED,
  type Quarantined,
} from '../quarantine/quarantined.js';
import { RUN_RECORD } from '../records/run-record.js';

/**
 * The facts a checkpoint of ours carries: which run it belongs to, which batches and positions it covers, which of these
 * positions are quarantined, ascending (its rows are the others), and of how many rows tokens were left out, where there are any;
 * and what the run's record says beside the inputs, so that the record can be rebuilt.
 */
export function checkpointFacts(
  run: string,
  shard: number,
  batches: [number, number],
  positions: [number, number],
  {
    quarantined = [],
    truncated = 0,
    record,
  }: { quarantined?: readonly Quarantined[]; truncated?: number; record?: string | undefined } = {},
): Metadata {
  return {
    run,
    shard,
    first_batch: batches[0],
    end_batch: batches[1],
    first_position: positions[0],
    end_position: positions[1],
    ...(quarantined.length > 0 ? { [QUARANTINED]: formatQuarantined(quarantined) } : {}),
    ...(truncated > 0 ? { truncated } : {}),
    ...(record === undefined ? {} : { [RUN_RECORD]: record }),
  };
}

/** The key in a checkpoint's metadata of the positions, ascending, whose rows it holds because they were tried again. */
export const REATTEMPTED = 'retried';

/**
 * The facts of a checkpoint behind a shard's last batch: rows of sequences that earlier ones name as quarantined.
 *
 * @param positions whose rows it holds, ascending.
 * @param refused what the model now refuses itself, in place of what earlier checkpoints say of it.
 */
export function retriedFacts(
  run: string,
  { shard, endBatch, endPosition }: Shard,
  positions: readonly number[],
  { refused, truncated }: { refused: readonly Quarantined[]; truncated: number },
): Metadata {
  const none: [number, number] = [endPosition, endPosition];
  const facts = checkpointFacts(run, shard, [endBatch, endBatch], none, { quarantined: refused, truncated });
  return { ...facts, [REATTEMPTED]: JSON.stringify(positions) };
}

/** What a checkpoint covers: positions from `first` on but for those left out, or those that were tried again. */
export interface CoveredPositions {
  first: number;
  /** Quarantined when it was written, ascending. */
  left: readonly number[];
  /** Those whose rows it holds, where it is of sequences that were tried again; else null. */
  positions: readonly number[] | null;
}

/**
 * Follows a shard's checkpoints from its first batch on, and accepts one only if it holds exactly the rows that come
 * next: of this run, beginning where the last ended, ending with a whole batch, one row under its ID of the index for every
 * position that is not quarantined.
 */
export class ShardCursor {
  /** The first batch not yet covered. */
  nextBatch: number;
  /** The quarantined sequences of the checkpoints accepted so far, by position, but for those tried again with success. */
  quarantined: Quarantined[] = [];
  /** What the checkpoint that was accepted last covers. */
  last: CoveredPositions = { first: 0, left: [], positions: null };
  /** Whether rows of sequences that were tried again are among the checkpoints. */
  retried = false;
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
    if (fact(REATTEMPTED) !== undefined) return this.#acceptRetried(checkpoint);
    const endBatch = Number(fact('end_batch'));
    if (
      Number(fact('first_batch')) !== this.nextBatch ||
      !(Number.isInteger(endBatch) && endBatch > this.nextBatch && endBatch <= this.shard.endBatch)
    ) {
      return `it holds batches ${fact('first_batch')} to ${fact('end_batch')}, but batch ${this.nextBatch} comes next`;
    }
    const [first] = this.index.batchRange(this.nextBatch);
    const [, end] = this.index.batchRange(endBatch - 1);
    const listed = fact(QUARANTINED);
    const quarantined = listed === undefined ? [] : parseQuarantined(listed);
    if (quarantined === null) return 'its list of quarantined sequences cannot be read';
    const misplaced = misplacedIn(quarantined, first, end);
    if (misplaced !== null) return misplaced;
    const [rows, dim] = checkpoint.shape;
    const expected = end - first - quarantined.length;
    if (rows !== expected || dim !== this.dim) {
      const without = quarantined.length > 0 ? ` (${quarantined.length} quarantined)` : '';
      return `shape mismatch: [${rows}, ${dim}] where [${expected}, ${this.dim}] belongs${without}`;
    }
    const left = new Set(quarantined.map(({ position }) => position - first));
    const ids = (await this.index.ids(first, end)).filter((_, at) => !left.has(at));
    const wrong = ids.findIndex((id, i) => id !== checkpoint.sequenceIds[i]);
    if (wrong >= 0)
      return `row ${wrong} is named ${checkpoint.sequenceIds[wrong]}, but the input has ${ids[wrong]} there`;
    const wrongCount = this.#countTruncated(checkpoint);
    if (wrongCount !== null) return wrongCount;
    this.nextBatch = endBatch;
    for (const each of quarantined) this.quarantined.push(each);
    this.last = { first, left: quarantined.map(({ position }) => position), positions: null };
    return null;
  };

  /** Rows of sequences that earlier checkpoints left out; each must be one of these, under its ID. */
  async #acceptRetried(checkpoint: Checkpoint): Promise<string | null> {
    if (!this.done) return `it holds rows that were tried again, but batch ${this.nextBatch} comes next`;
    const positions = parsePositions(checkpoint.metadata.get(REATTEMPTED));
    if (positions === null) return 'its list of sequences that were tried again cannot be read';
    const listed = checkpoint.metadata.get(QUARANTINED);
    const refused = listed === undefined ? [] : parseQuarantined(listed);
    if (refused === null) return 'its list of quarantined sequences cannot be read';
    const open = new Set(this.quarantined.map(({ position }) => position));
    const stranger = [...positions, ...refused.map(({ position }) => position)].find(
      (at) => !open.delete(at),
    );
    if (stranger !== undefined)
      return `it says that position ${stranger} was tried again, which is not quarantined`;
    const [rows, dim] = checkpoint.shape;
    if (rows !== positions.length || dim !== this.dim)
      return `shape mismatch: [${rows}, ${dim}] where [${positions.length}, ${this.dim}] belongs`;
    for (const [row, position] of positions.entries()) {
      const [id] = await this.index.ids(position, position + 1);
      const named = checkpoint.sequenceIds[row];
      if (named !== id) return `row ${row} is named ${named}, but the input has ${id} there`;
    }
    const wrongCount = this.#countTruncated(checkpoint);
    if (wrongCount !== null) return wrongCount;
    const news = new Map(refused.map((each) => [each.position, each]));
    const done = new Set(positions);
    this.quarantined = this.quarantined
      .filter(({ position }) => !done.has(position))
      .map((each) => news.get(each.position) ?? each);
    this.last = { first: this.shard.endPosition, left: [], positions };
    this.retried = true;
    return null;
  }

  #countTruncated(checkpoint: Checkpoint): string | null {
    const told = checkpoint.metadata.get('truncated') ?? 0;
    const [rows] = checkpoint.shape;
    const truncated = Number(told);
    if (!(Number.isInteger(truncated) && truncated >= 0 && truncated <= rows))
      return `it says that tokens of ${told} of its ${rows} sequences were left out`;
    this.truncated += truncated;
    return null;
  }
}

/** What is wrong with the places of a checkpoint's quarantined sequences among its positions, or null. */
function misplacedIn(quarantined: readonly Quarantined[], first: number, end: number): string | null {
  let before = -1;
  for (const { position } of quarantined) {
    if (position < first || position >= end)
      return `it says that position ${position} is quarantined, but it holds positions ${first} to before ${end}`;
    if (position === before) return `it says twice that position ${position} is quarantined`;
    if (position < before)
      return `its quarantined positions are not in order: ${position} comes after ${before}`;
    before = position;
  }
  return null;
}

/** Positions as a checkpoint lists them: JSON, ascending; null for what is none of ours. */
function parsePositions(text: unknown): number[] | null {
  try {
    const list: unknown = JSON.parse(String(text));
    if (!Array.isArray(list)) return null;
    const ascending = list.every(
      (at, i) => Number.isSafeInteger(at) && at >= 0 && (i === 0 || at > list[i - 1]),
    );
    return ascending ? (list as number[]) : null;
  } catch {
    return null;
  }
}
