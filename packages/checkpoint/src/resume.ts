import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointName } from './names.js';
import { type Checkpoint, openCheckpoint } from './open.js';
import { checkpointIndexes, type OnCorruption, readShard } from './shard.js';
import type { Matrix } from './write.js';

export interface ResumeOptions {
  /** Take nothing from disk. Default false. */
  forceRestart?: boolean;
  /** Default `'stop'`. */
  onCorruption?: OnCorruption;
}

/**
 * The seed's resume of one shard: all rows at once, up to the first checkpoint that is not valid, or with `salvage` of all
 * that are.
 *
 * @returns IDs in order; their rows `[n, dim]` or null when there are none; the index of the next checkpoint (with
 * `salvage`, behind all files there are); and the IDs that can still be read in the checkpoints that were not taken. Those
 * are *not* done: they are embedded again.
 */
export async function resumeFromCheckpoints(
  folder: string,
  { forceRestart = false, onCorruption = 'stop' }: ResumeOptions = {},
): Promise<
  [sequenceIds: string[], embeddings: Matrix | null, resumeBatchIdx: number, corruptedSequenceIds: string[]]
> {
  if (forceRestart) return [[], null, 0, []];
  const indexes = await checkpointIndexes(folder);
  const ids: string[] = [];
  const corrupted: string[] = [];
  const rows = new Rows(await numbersIn(folder, indexes));
  let next = 0;
  const accept = (checkpoint: Checkpoint) => rows.fault(checkpoint);
  // The checksums are taken while the rows are read, so that each file is read once.
  for await (const entry of readShard(folder, { verify: 'length', accept, onCorruption })) {
    const bad = 'fault' in entry || (await rows.append(entry.checkpoint)) !== null;
    if (!bad) {
      for (const id of entry.checkpoint.sequenceIds) ids.push(id);
      next = entry.index + 1;
      continue;
    }
    const lost = onCorruption === 'stop' ? indexes.filter((index) => index >= entry.index) : [entry.index];
    for (const index of lost) for (const id of await idsOf(folder, index)) corrupted.push(id);
    if (onCorruption === 'stop') break;
  }
  if (onCorruption === 'salvage') next = (indexes.at(-1) ?? -1) + 1;
  return [ids, rows.matrix(), next, corrupted];
}

/** The rows of several checkpoints, in memory once. */
class Rows {
  #dim: number | null = null;
  #length = 0;
  #data: Float32Array;

  /** @param numbers how many there will be; more are made room for. */
  constructor(numbers: number) {
    this.#data = new Float32Array(numbers);
  }

  /** Why rows cannot follow those that are there, or null. */
  fault({ shape: [, dim] }: Checkpoint): string | null {
    if (this.#dim === null || this.#dim === dim) return null;
    return `shape mismatch: ${dim} columns, but ${this.#dim} in the checkpoints before it`;
  }

  /** Reads a checkpoint's rows behind those that are there; returns why they were not taken, or null. */
  async append(checkpoint: Checkpoint): Promise<string | null> {
    const [rows, dim] = checkpoint.shape;
    const end = this.#length + rows * dim;
    if (end > this.#data.length) {
      const larger = new Float32Array(end);
      larger.set(this.#data.subarray(0, this.#length));
      this.#data = larger;
    }
    const fault = await checkpoint.readVerified(this.#data.subarray(this.#length, end));
    if (fault !== null) return fault;
    this.#dim = dim;
    this.#length = end;
    return null;
  }

  matrix(): Matrix | null {
    if (this.#dim === null) return null;
    const rows = this.#dim === 0 ? 0 : this.#length / this.#dim;
    return { data: this.#data.subarray(0, this.#length), shape: [rows, this.#dim] };
  }
}

/** Numbers that the checkpoints may hold together, by the files' sizes; memory that is not used costs nothing. */
async function numbersIn(folder: string, indexes: readonly number[]): Promise<number> {
  let bytes = 0;
  for (const index of indexes) bytes += (await stat(join(folder, checkpointName(index)))).size;
  return Math.ceil(bytes / Float32Array.BYTES_PER_ELEMENT);
}

/** The IDs in a checkpoint, as far as they can be read at all, marker or not. */
async function idsOf(folder: string, index: number): Promise<readonly string[]> {
  try {
    await using checkpoint = await openCheckpoint(join(folder, checkpointName(index)), 'unmarked');
    return checkpoint.sequenceIds;
  } catch {
    return [];
  }
}
