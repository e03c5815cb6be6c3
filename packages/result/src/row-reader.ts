import { type FileHandle, open } from 'node:fs/promises';
import { readAt } from '@holdfast/durable';
import { type DType, float32Of } from '@holdfast/pt-serializer';
import { RunFolderError } from '@holdfast/run-folder';
import { adjacent } from './adjacent.js';
import { bytesOf, type StoredTensor } from './stored-tensors.js';

/** Bytes of rows that are read at a time. */
const BLOCK_BYTES = 4 << 20;

/** Reads the rows of a matrix in a file of a result. Several reads may run at the same time. */
export class RowReader implements AsyncDisposable {
  readonly rows: number;
  /** Numbers in a row. */
  readonly dim: number;
  /** How the numbers are stored. */
  readonly dtype: DType;
  /** Bytes of a row in the file. */
  readonly width: number;
  readonly #offset: number;
  readonly #file: FileHandle;

  private constructor(
    readonly path: string,
    { dtype, shape: [rows = 0, dim = 0], offset }: StoredTensor,
    file: FileHandle,
  ) {
    this.rows = rows;
    this.dim = dim;
    this.dtype = dtype;
    this.width = dim * bytesOf(dtype);
    this.#offset = offset;
    this.#file = file;
  }

  static async open(path: string, tensor: StoredTensor): Promise<RowReader> {
    return new RowReader(path, tensor, await open(path, 'r'));
  }

  /**
   * The bytes of rows `[first, end)` as they are stored: row-major, little-endian, `dtype`.
   *
   * @throws RangeError for rows that there are not; RunFolderError if the file ends before them.
   */
  async bytes(first: number, end: number): Promise<Uint8Array> {
    if (!(first >= 0 && first <= end && end <= this.rows))
      throw new RangeError(`rows [${first}, ${end}) of ${this.rows}`);
    const bytes = new Uint8Array((end - first) * this.width);
    const start = this.#offset + first * this.width;
    if ((await readAt(this.#file, bytes, start)) < bytes.length)
      throw new RunFolderError(`${this.path}: it ended while it was read; is its run joined again?`);
    return bytes;
  }

  /** The bytes of some rows, one behind the other in the order of the list. @throws as `bytes`. */
  async bytesAt(rows: readonly number[]): Promise<Uint8Array> {
    const bytes = new Uint8Array(rows.length * this.width);
    await Promise.all(
      adjacent(rows).map(async ({ at, row, count }) =>
        bytes.set(await this.bytes(row, row + count), at * this.width),
      ),
    );
    return bytes;
  }

  /** Rows `[first, end)` as float32, row-major [end - first, dim]. @throws as `bytes`. */
  async read(first: number, end: number): Promise<Float32Array> {
    return float32Of(this.dtype, await this.bytes(first, end));
  }

  /**
   * All rows from `first` on as float32, a few MiB at a time.
   *
   * @param rows in a block; the last may have fewer. Default: about 4 MiB of them.
   */
  async *blocks(
    rows: number = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, this.width))),
    first = 0,
  ): AsyncGenerator<{ first: number; rows: number; data: Float32Array }> {
    for (let at = first; at < this.rows; at += rows) {
      const end = Math.min(at + rows, this.rows);
      yield { first: at, rows: end - at, data: await this.read(at, end) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
