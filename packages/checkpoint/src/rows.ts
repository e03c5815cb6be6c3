import type { Checkpoint } from './read/open.js';
import type { Matrix } from './write/parts.js';

/** The rows of several checkpoints, concatenated in one array. */
export class Rows {
  #shape: readonly [rows: number, dim: number] | null = null;
  #length = 0;
  #data: Float32Array<ArrayBuffer>;

  /**
   * @param bytes total size of the source files. Reserves twice as much, which is enough for float16;
   * untouched memory costs nothing.
   */
  constructor(bytes: number) {
    this.#data = room(bytes / 2) ?? room(bytes / 4) ?? new Float32Array(0);
  }

  /**
   * Why a checkpoint's rows cannot follow the present ones, or null. A checkpoint without rows always fits.
   */
  fault({ shape: [rows, dim] }: Checkpoint): string | null {
    if (rows === 0 || !this.#shape || this.#shape[0] === 0 || this.#shape[1] === dim) return null;
    return `shape mismatch: ${dim} columns, but ${this.#shape[1]} in the checkpoints before it`;
  }

  /**
   * Appends a checkpoint's rows.
   *
   * @returns why they were rejected, or null.
   * @throws RangeError if they do not fit in memory.
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

  /** All rows; null before the first checkpoint. */
  matrix(): Matrix | null {
    return this.#shape && { data: this.#data.subarray(0, this.#length), shape: this.#shape };
  }

  /** Doubles the room, so each row is copied only a few times. */
  #grow(numbers: number): void {
    const larger = room(Math.max(numbers, 2 * this.#data.length)) ?? room(numbers);
    if (!larger)
      throw new RangeError(
        `the rows of these checkpoints (at least ${numbers} numbers) do not fit in memory; read them one by one with readShard`,
      );
    larger.set(this.#data.subarray(0, this.#length));
    this.#data = larger;
  }
}

/** An array of zeros; null if Node or the machine has too little memory. */
function room(numbers: number): Float32Array<ArrayBuffer> | null {
  try {
    return new Float32Array(Math.ceil(numbers));
  } catch {
    return null;
  }
}
