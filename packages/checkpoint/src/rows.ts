import type { Checkpoint } from './read/open.js';
import type { Matrix } from './write/parts.js';

/** The rows of several checkpoints, one after another in one array. */
export class Rows {
  #shape: readonly [rows: number, dim: number] | null = null;
  #length = 0;
  #data: Float32Array<ArrayBuffer>;

  /**
   * @param bytes of the files they come from. Room for twice as much is reserved, which is enough for float16; memory that is
   * not touched costs nothing.
   */
  constructor(bytes: number) {
    this.#data = room(bytes / 2) ?? room(bytes / 4) ?? new Float32Array(0);
  }

  /** Why rows cannot follow those that are there, or null. Those of a checkpoint without rows can follow any. */
  fault({ shape: [rows, dim] }: Checkpoint): string | null {
    if (rows === 0 || !this.#shape || this.#shape[0] === 0 || this.#shape[1] === dim) return null;
    return `shape mismatch: ${dim} columns, but ${this.#shape[1]} in the checkpoints before it`;
  }

  /**
   * Reads a checkpoint's rows behind those that are there.
   *
   * @returns why they were not taken, or null. @throws RangeError when they do not fit in memory.
   */
  async append(checkpoint: Checkpoint): Promise<string | null> {
    const [rows, dim] = checkpoint.shape;
    const end = this.#length + rows * dim;
    if (end > this.#data.length) this.#grow(end);
    const fault = await checkpoint.readVerified(this.#data.subarray(this.#length, end));
    if (fault !== null) return fault;
    const [before = 0, columns] = this.#shape ?? [];
    this.#shape = [before + rows, before > 0 && columns !== undefined ? columns : dim];
    this.#length = end;
    return null;
  }

  /** All of them; null before the first checkpoint. */
  matrix(): Matrix | null {
    return this.#shape && { data: this.#data.subarray(0, this.#length), shape: this.#shape };
  }

  /** Twice as large each time, so that a row is copied a few times at most. */
  #grow(numbers: number): void {
    const larger = room(Math.max(numbers, 2 * this.#data.length)) ?? room(numbers);
    if (!larger)
      throw new RangeError(
        `the rows of these checkpoints, ${numbers} numbers and more, do not fit in memory; read them one by one with readShard`,
      );
    larger.set(this.#data.subarray(0, this.#length));
    this.#data = larger;
  }
}

/** So many zeros; null where Node or the machine has no such room. */
function room(numbers: number): Float32Array<ArrayBuffer> | null {
  try {
    return new Float32Array(Math.ceil(numbers));
  } catch {
    return null;
  }
}
