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

/** Bytes of rows that are read at a time. */
const PART = 1 << 22;

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
  for await (const entry of readShard(folder, {
    accept: (checkpoint) => rows.fault(checkpoint),
    onCorruption,
  })) {
    if ('fault' in entry) {
      const lost = onCorruption === 'stop' ? indexes.filter((index) => index >= entry.index) : [entry.index];
      for (const index of lost) for (const id of await idsOf(folder, index)) corrupted.push(id);
      continue;
    }
    for (const id of entry.checkpoint.sequenceIds) ids.push(id);
    await rows.append(entry.checkpoint);
    next = entry.index + 1;
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

  async append(checkpoint: Checkpoint): Promise<void> {
    const [rows, dim] = checkpoint.shape;
    this.#dim = dim;
    const numbers = this.#length + rows * dim;
    if (numbers > this.#data.length) {
      const larger = new Float32Array(numbers);
      larger.set(this.#data.subarray(0, this.#length));
      this.#data = larger;
    }
    // In parts, whose memory is used again, where fresh memory for a whole file would cost more than reading it.
    const step = Math.max(1, Math.floor(PART / Math.max(1, dim * Float32Array.BYTES_PER_ELEMENT)));
    for (let at = 0; at < rows; at += step) {
      const part = await checkpoint.readRows(at, Math.min(rows, at + step));
      this.#data.set(part, this.#length);
      this.#length += part.length;
    }
  }

  matrix(): Matrix | null {
    if (this.#dim === null) return null;
    const rows = this.#dim === 0 ? 0 : this.#length / this.#dim;
    return { data: this.#data.subarray(0, this.#length), shape: [rows, this.#dim] };
  }
}

/** Numbers in all checkpoints that look sound at a glance; a file that is not trusted counts for no more than its bytes. */
async function numbersIn(folder: string, indexes: readonly number[]): Promise<number> {
  let numbers = 0;
  for (const index of indexes) {
    const found = (await peek(folder, index, ({ shape: [rows, dim] }) => rows * dim)) ?? 0;
    const { size } = await stat(join(folder, checkpointName(index)));
    numbers += Math.min(found, Math.ceil(size / 2));
  }
  return numbers;
}

/** The IDs in a checkpoint, as far as they can be read at all, marker or not. */
async function idsOf(folder: string, index: number): Promise<readonly string[]> {
  return (await peek(folder, index, ({ sequenceIds }) => sequenceIds)) ?? [];
}

/** Something of a checkpoint that is not trusted; null where it cannot be read. */
async function peek<T>(
  folder: string,
  index: number,
  look: (checkpoint: Checkpoint) => T,
): Promise<T | null> {
  try {
    await using checkpoint = await openCheckpoint(join(folder, checkpointName(index)), 'unmarked');
    return look(checkpoint);
  } catch {
    return null;
  }
}
