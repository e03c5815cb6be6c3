import type { Checkpoint, Metadata } from '@holdfast/checkpoint';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import { hasValues, pieceCounts, type RunOutputs, storedTypeOf } from '../outputs/run-outputs.js';
import {
  formatQuarantined,
  parseQuarantined,
  QUARANTINED,
  type Quarantined,
} from '../quarantine/quarantined.js';
import { RUN_RECORD } from '../records/run-record.js';

/**
 * A checkpoint's metadata: its run, the batches and positions it covers, the quarantined positions among them (ascending; its rows
 * are the others), how many rows lost tokens (absent if 0), and the run record without inputs, to rebuild the record from.
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

/** The metadata key of the reattempted positions, ascending, whose rows a checkpoint holds. */
export const REATTEMPTED = 'retried';

/**
 * The metadata of a checkpoint after a shard's last batch: rows of sequences that earlier checkpoints list as quarantined.
 *
 * @param positions the positions of its rows, ascending.
 * @param refused sequences that the model now refuses; they replace the entries in earlier checkpoints.
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

/** What a checkpoint covers: positions from `first` on except the quarantined ones, or reattempted positions. */
export interface CoveredPositions {
  first: number;
  /** Positions that were quarantined when it was written, ascending. */
  left: readonly number[];
  /** The positions of its rows if it holds reattempted sequences; else null. */
  positions: readonly number[] | null;
}

/**
 * Follows a shard's checkpoints from its first batch. It accepts a checkpoint only if it belongs to this run, begins where the
 * last one ended, ends with a whole batch, and has one row, under its ID in the index, for every position that is not quarantined.
 */
export class ShardCursor {
  /** The first batch not yet covered. */
  nextBatch: number;
  /** The quarantined sequences of the accepted checkpoints by position, except those that were recovered. */
  quarantined: Quarantined[] = [];
  /** What the latest accepted checkpoint covers. */
  last: CoveredPositions = { first: 0, left: [], positions: null };
  /** Whether the checkpoints hold rows of reattempted sequences. */
  retried = false;
  /** Sequences of the accepted checkpoints that lost tokens. */
  truncated = 0;

  constructor(
    readonly shard: Shard,
    readonly run: string,
    readonly dim: number,
    readonly index: SequenceIndex,
    /** What is computed beside the usual rows in float32; undefined: nothing. */
    readonly outputs: RunOutputs | undefined,
  ) {
    this.nextBatch = shard.firstBatch;
  }

  /** Whether every batch of the shard is covered. */
  get done(): boolean {
    return this.nextBatch >= this.shard.endBatch;
  }

  /** Why a checkpoint is not the next one. Null if it is; then the cursor has moved past it. */
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
      return `shape mismatch: [${rows}, ${dim}] instead of [${expected}, ${this.dim}]${without}`;
    }
    const left = new Set(quarantined.map(({ position }) => position - first));
    const ids = (await this.index.ids(first, end)).filter((_, at) => !left.has(at));
    const wrong = ids.findIndex((id, i) => id !== checkpoint.sequenceIds[i]);
    if (wrong >= 0)
      return `row ${wrong} is named ${checkpoint.sequenceIds[wrong]}, but the input has ${ids[wrong]} there`;
    const wrongCount = (await this.#valuesFault(checkpoint)) ?? this.#countTruncated(checkpoint);
    if (wrongCount !== null) return wrongCount;
    this.nextBatch = endBatch;
    for (const each of quarantined) this.quarantined.push(each);
    this.last = { first, left: quarantined.map(({ position }) => position), positions: null };
    return null;
  };

  /** Accepts rows of sequences that are quarantined in earlier checkpoints; each must be one of these, under its ID. */
  async #acceptRetried(checkpoint: Checkpoint): Promise<string | null> {
    if (!this.done) return `it holds reattempted rows, but batch ${this.nextBatch} comes next`;
    const positions = parsePositions(checkpoint.metadata.get(REATTEMPTED));
    if (positions === null) return 'its list of reattempted sequences cannot be read';
    const listed = checkpoint.metadata.get(QUARANTINED);
    const refused = listed === undefined ? [] : parseQuarantined(listed);
    if (refused === null) return 'its list of quarantined sequences cannot be read';
    const open = new Set(this.quarantined.map(({ position }) => position));
    const stranger = [...positions, ...refused.map(({ position }) => position)].find(
      (at) => !open.delete(at),
    );
    if (stranger !== undefined)
      return `it lists position ${stranger} as reattempted, which is not quarantined`;
    const [rows, dim] = checkpoint.shape;
    if (rows !== positions.length || dim !== this.dim)
      return `shape mismatch: [${rows}, ${dim}] instead of [${positions.length}, ${this.dim}]`;
    for (const [row, position] of positions.entries()) {
      const [id] = await this.index.ids(position, position + 1);
      const named = checkpoint.sequenceIds[row];
      if (named !== id) return `row ${row} is named ${named}, but the input has ${id} there`;
    }
    const wrongCount = (await this.#valuesFault(checkpoint)) ?? this.#countTruncated(checkpoint);
    if (wrongCount !== null) return wrongCount;
    const refusedAt = new Map(refused.map((each) => [each.position, each]));
    const done = new Set(positions);
    this.quarantined = this.quarantined
      .filter(({ position }) => !done.has(position))
      .map((each) => refusedAt.get(each.position) ?? each);
    this.last = { first: this.shard.endPosition, left: [], positions };
    this.retried = true;
    return null;
  }

  /** Why the numbers that a checkpoint has beside its rows are not those that the run computes, or null. */
  async #valuesFault(checkpoint: Checkpoint): Promise<string | null> {
    const { outputs } = this;
    const due = storedTypeOf(outputs);
    if (outputs !== undefined && checkpoint.dtype !== due)
      return `its numbers are stored as ${checkpoint.dtype}, not ${due}`;
    const table = await checkpoint.values();
    if (typeof table === 'string') return table;
    if (outputs === undefined || !hasValues(outputs))
      return table === null ? null : 'it has numbers of tokens, which the run does not compute';
    if (table === null) return 'it has no numbers of tokens';
    if (table.place.dtype !== due)
      return `its numbers of tokens are stored as ${table.place.dtype}, not ${due}`;
    const counts = table.tokens.flatMap((tokens) => pieceCounts(outputs, tokens));
    const wrong = counts.findIndex((count, at) => count !== table.counts[at]);
    if (counts.length === table.counts.length && wrong < 0) return null;
    return 'it has not as many numbers as its tokens ask for';
  }

  #countTruncated(checkpoint: Checkpoint): string | null {
    const recorded = checkpoint.metadata.get('truncated') ?? 0;
    const [rows] = checkpoint.shape;
    const truncated = Number(recorded);
    if (!(Number.isInteger(truncated) && truncated >= 0 && truncated <= rows))
      return `it counts ${recorded} truncated sequences among ${rows}`;
    this.truncated += truncated;
    return null;
  }
}

/** Why a checkpoint's quarantined positions are invalid, or null. */
function misplacedIn(quarantined: readonly Quarantined[], first: number, end: number): string | null {
  let before = -1;
  for (const { position } of quarantined) {
    if (position < first || position >= end)
      return `it lists position ${position} as quarantined, but holds positions [${first}, ${end})`;
    if (position === before) return `it lists position ${position} as quarantined twice`;
    if (position < before)
      return `its quarantined positions are not in order: ${position} comes after ${before}`;
    before = position;
  }
  return null;
}

/** Parses a checkpoint's list of positions: JSON, ascending; null for anything else. */
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
