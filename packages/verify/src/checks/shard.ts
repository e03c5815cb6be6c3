import { join } from 'node:path';
import { type Checkpoint, checkpointName, markerPath } from '@holdfast/checkpoint';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import { type RunOutputs, ShardCursor } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import type { FoundCheckpoint, ShardStanding } from '../shard-standing.js';
import { checkpointProblem, markerProblem } from './checkpoint-file.js';
import { shardFiles } from './shard-files.js';

/** What a shard's checkpoints are compared with. */
export interface ShardDue {
  shard: number;
  /** The run's fingerprint. */
  run: string;
  /** Null if the index cannot be read: then each checkpoint is only compared with its own sums, its run and its shard. */
  plan: { shard: Shard; index: SequenceIndex; dim: number; outputs: RunOutputs | undefined } | null;
}

/**
 * Checks one shard's checkpoints in order: marker, sums, run, shard, and their place in the plan. Goes on behind a fault, so each
 * is found.
 *
 * @param onCheckpoint called for each.
 * @throws IndexError if the index changes meanwhile; the signal's reason; errors of the file system.
 */
export async function checkShard(
  { place, quick, signal }: Context,
  due: ShardDue,
  findings: Findings,
  onCheckpoint: () => void,
): Promise<ShardStanding> {
  const folder = place.shard(due.shard);
  const { checkpoints, markers, temporaries } = await shardFiles(folder);
  const cursor = new PlaceCursor(due);
  const found: FoundCheckpoint[] = [];
  const unfinished: number[] = [];
  let wrong: number | null = null;
  const fault = (number: number, problem: string, path = join(folder, checkpointName(number))) => {
    wrong ??= number;
    cursor.lost();
    findings.fault({ check: 'checkpoints', path, problem, remedy: 'repair' });
  };
  const lastMarked = checkpoints.findLast((number) => markers.has(number)) ?? -1;
  const there = new Set(checkpoints);
  let next = 0;
  for (const number of checkpoints) {
    signal.throwIfAborted();
    if (number > lastMarked) {
      unfinished.push(number);
      continue;
    }
    if (number > next) fault(next, missing(number - next));
    next = number + 1;
    onCheckpoint();
    const path = join(folder, checkpointName(number));
    let facts: FoundCheckpoint = { number, rows: null, first: 0, end: 0, retried: false };
    const problem = quick
      ? await markerProblem(path)
      : await checkpointProblem(path, signal, async (checkpoint, damaged) => {
          const said = await cursor.accept(checkpoint, number, damaged);
          facts = { ...facts, ...cursor.range, rows: checkpoint.shape[0] };
          return said;
        });
    if (problem === null) found.push(facts);
    else fault(number, problem.problem, problem.path);
  }
  // Those in front of a checkpoint were named as missing.
  for (const number of [...markers]
    .filter((each) => each >= next && !there.has(each))
    .sort((a, b) => a - b)) {
    const path = join(folder, checkpointName(number));
    fault(number, 'its marker is there, but its checkpoint is missing', markerPath(path));
  }
  return { ...cursor.standing, shard: due.shard, found, wrong, unfinished, temporaries };
}

const missing = (count: number) =>
  count === 1
    ? 'file is missing, though later ones are there'
    : `${count} files are missing from here on, though later ones are there`;

/** Follows a shard's checkpoints, and finds its way again behind a fault. */
class PlaceCursor {
  readonly #due: ShardDue;
  readonly #cursor: ShardCursor | null;
  /** Whether a fault was passed since the last accepted checkpoint. */
  #lost = false;
  /** The position up to which everything is whole; fixed by the first fault. */
  #covered: number | null = null;
  /** What the last checkpoint covers. */
  range = { first: 0, end: 0, retried: false };

  constructor(due: ShardDue) {
    this.#due = due;
    const { plan, run } = due;
    this.#cursor = plan && new ShardCursor(plan.shard, run, plan.dim, plan.index, plan.outputs);
  }

  lost(): void {
    this.#covered ??= this.#position();
    this.#lost = true;
  }

  get standing(): Pick<ShardStanding, 'plan' | 'covered' | 'done' | 'quarantined' | 'retried'> {
    return {
      plan: this.#due.plan?.shard ?? null,
      covered: this.#covered ?? this.#position(),
      done: this.#cursor?.done ?? false,
      quarantined: this.#cursor?.quarantined ?? [],
      retried: this.#cursor?.retried ?? false,
    };
  }

  /**
   * Why a checkpoint is not the next one, or null.
   *
   * @param damaged whether its bytes are not those that were written: it is only used to find the way.
   */
  async accept(checkpoint: Checkpoint, number: number, damaged: boolean): Promise<string | null> {
    const fact = (key: string) => checkpoint.metadata.get(key);
    const retried = fact('retried') !== undefined;
    this.range = { first: Number(fact('first_position')), end: Number(fact('end_position')), retried };
    if (damaged) return null;
    const { shard, run } = this.#due;
    if (fact('run') !== run) return `it belongs to another run (${String(fact('run')).slice(0, 12)}…)`;
    if (fact('shard') !== shard) return `it belongs to shard ${fact('shard')}`;
    const said = fact('checkpoint');
    if (said !== undefined && said !== number) return `it is checkpoint ${said} of its shard`;
    if (this.#cursor === null) return null;
    if (this.#lost) {
      // What a reattempt may hold depends on all checkpoints before it.
      if (retried) return null;
      this.#findWay(Number(fact('first_batch')));
    }
    const problem = (await this.#cursor.accept(checkpoint)) ?? this.#wrongPositions();
    if (problem === null) this.#lost = false;
    return problem;
  }

  /** The fields about positions follow from the batches; a reader would not miss them. */
  #wrongPositions(): string | null {
    const { first, end, retried } = this.range;
    const { shard, index } = this.#due.plan!;
    const due = retried
      ? [shard.endPosition, shard.endPosition]
      : [this.#cursor!.last.first, this.#position()];
    if (first === due[0] && end === due[1]) return null;
    return `it says positions ${first} to ${end}, but its batches are positions ${due[0]} to ${due[1]} of ${index.positions}`;
  }

  /** Behind a fault, goes on with the batch that the next checkpoint names. */
  #findWay(batch: number): void {
    const cursor = this.#cursor!;
    const { firstBatch, endBatch } = cursor.shard;
    if (Number.isInteger(batch) && batch >= Math.max(firstBatch, cursor.nextBatch) && batch < endBatch)
      cursor.nextBatch = batch;
  }

  #position(): number {
    if (this.#cursor === null) return 0;
    const { shard, nextBatch, index } = this.#cursor;
    return this.#cursor.done ? shard.endPosition : index.batchRange(nextBatch)[0];
  }
}
