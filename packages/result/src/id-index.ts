import { type FileHandle, open } from 'node:fs/promises';
import { readAt } from '@holdfast/durable';
import { RunFolderError } from '@holdfast/run-folder';
import { eachId, hashOf } from './id-lines.js';

/** Every so many rows the index keeps where their line begins. */
const STEP = 64;

/** IDs that are looked up at the same time. */
const AT_ONCE = 64;

/**
 * An index of the IDs of a result, for who asks more than once. It is built in one pass over `ids.txt` and keeps no ID: a table of
 * hashes and rows, some 13 bytes a row. What a hash finds is compared with the ID in the file.
 */
export class IdIndex implements AsyncDisposable {
  readonly rows: number;
  readonly #file: FileHandle;
  /** Open addressing, two numbers a slot: a row plus 1, and its hash. A slot whose first number is 0 is empty. */
  readonly #slots: Uint32Array;
  /** Offsets in the file of each `STEP`th line, and of the end. */
  readonly #offsets: Float64Array;

  private constructor(
    readonly path: string,
    file: FileHandle,
    table: { rows: number; slots: Uint32Array; offsets: Float64Array },
  ) {
    this.rows = table.rows;
    this.#file = file;
    this.#slots = table.slots;
    this.#offsets = table.offsets;
  }

  /**
   * @param path of `ids.txt`.
   * @param rows of the result.
   * @throws RunFolderError if the file has another number of lines.
   */
  static async open(path: string, rows: number): Promise<IdIndex> {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(8, rows * 1.5)));
    const slots = new Uint32Array(2 * capacity);
    /** The slots are a power of two, so the lowest bits of a hash say where to begin. */
    const mask = capacity - 1;
    const offsets = new Float64Array(Math.ceil(rows / STEP) + 1);
    let [next, seen] = [0, 0];
    await eachId(path, (row, hash, _, start, end) => {
      if (row % STEP === 0) offsets[row / STEP] = next;
      next += end - start + 1;
      seen = row + 1;
      if (seen > rows) return false;
      let slot = hash & mask;
      while (slots[2 * slot] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = row + 1;
      slots[2 * slot + 1] = hash;
      return true;
    });
    if (seen !== rows)
      throw new RunFolderError(
        `${path}: it does not have the ${rows} IDs that result.json says; holdfast verify says what to do`,
      );
    offsets[offsets.length - 1] = next;
    return new IdIndex(path, await open(path, 'r'), { rows, slots, offsets });
  }

  /** The row of each ID that is there. */
  async find(ids: Iterable<string>): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const wanted = [...new Set(ids)];
    for (let first = 0; first < wanted.length; first += AT_ONCE) {
      const part = wanted.slice(first, first + AT_ONCE);
      const rows = await Promise.all(part.map((id) => this.#rowOf(id)));
      for (const [at, row] of rows.entries()) if (row !== null) found.set(part[at]!, row);
    }
    return found;
  }

  /** The ID of a row. @throws RangeError for a row that there is not. */
  async idAt(row: number): Promise<string> {
    if (!(Number.isInteger(row) && row >= 0 && row < this.rows))
      throw new RangeError(`row ${row} of ${this.rows}`);
    const part = Math.floor(row / STEP);
    const [start, end] = [this.#offsets[part]!, this.#offsets[part + 1]!];
    const bytes = Buffer.allocUnsafe(end - start);
    await readAt(this.#file, bytes, start);
    let at = 0;
    for (let line = part * STEP; line < row; line++) at = bytes.indexOf(10, at) + 1;
    return bytes.toString('utf8', at, bytes.indexOf(10, at));
  }

  async #rowOf(id: string): Promise<number | null> {
    const hash = hashOf(Buffer.from(id));
    const mask = this.#slots.length / 2 - 1;
    for (let slot = hash & mask; this.#slots[2 * slot] !== 0; slot = (slot + 1) & mask)
      if (this.#slots[2 * slot + 1] === hash) {
        const row = this.#slots[2 * slot]! - 1;
        if ((await this.idAt(row)) === id) return row;
      }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
