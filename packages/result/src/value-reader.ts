import { type FileHandle, open } from 'node:fs/promises';
import { readAt } from '@holdfast/durable';
import { type DType, float32Of } from '@holdfast/pt-serializer';
import { RunFolderError } from '@holdfast/run-folder';
import { RowReader } from './row-reader.js';
import type { StoredTensor } from './stored-tensors.js';

/** Offsets that are read at a time. */
const SHAPES = 1 << 14;

/** Numbers of one sequence: of each token [tokens, dim], or of each pair of tokens [tokens, tokens]. */
export interface SequenceValues {
  shape: readonly [number, number];
  /** Row-major. */
  data: Float32Array;
}

/** The same as they are stored. */
export interface StoredValues {
  shape: readonly [number, number];
  /** Row-major, little-endian, in the reader's `dtype`. */
  bytes: Uint8Array;
}

/** Reads numbers of which each sequence has as many as its length asks for. */
export class ValueReader implements AsyncDisposable {
  /** Sequences. */
  readonly rows: number;
  /** Numbers of a token; null if there is one for each pair of tokens. */
  readonly dim: number | null;
  readonly #values: RowReader;
  readonly #offsets: FileHandle;
  readonly #start: number;

  private constructor(values: RowReader, dim: number | null, offsets: FileHandle, table: StoredTensor) {
    this.rows = (table.shape[0] ?? 1) - 1;
    this.dim = dim;
    this.#values = values;
    this.#offsets = offsets;
    this.#start = table.offset;
  }

  /** @param dim numbers of a token; null for pairs of tokens. */
  static async open(
    values: { path: string; tensor: StoredTensor },
    offsets: { path: string; tensor: StoredTensor },
    dim: number | null,
  ): Promise<ValueReader> {
    const { shape } = values.tensor;
    const reader = await RowReader.open(values.path, { ...values.tensor, shape: [shape[0] ?? 0, dim ?? 1] });
    return new ValueReader(reader, dim, await open(offsets.path, 'r'), offsets.tensor);
  }

  /** The shape of the numbers of a row's sequence. @throws as `read`. */
  async shapeOf(row: number): Promise<readonly [number, number]> {
    return this.#shape(...(await this.#endsOf(row)));
  }

  /** How the numbers are stored. */
  get dtype(): DType {
    return this.#values.dtype;
  }

  /** The numbers of a row's sequence. @throws RangeError for a row that there is not; RunFolderError for offsets that are not in order. */
  async read(row: number): Promise<SequenceValues> {
    const { shape, bytes } = await this.stored(row);
    return { shape, data: float32Of(this.dtype, bytes) };
  }

  /** The same without a conversion. @throws as `read`. */
  async stored(row: number): Promise<StoredValues> {
    const [first, end] = await this.#endsOf(row);
    return { shape: this.#shape(first, end), bytes: await this.#values.bytes(first, end) };
  }

  /** The shape of each row's numbers, in lists of some ten thousand. @throws RunFolderError for offsets that are not in order. */
  async *shapes(): AsyncGenerator<(readonly [number, number])[]> {
    for (let row = 0; row < this.rows; row += SHAPES) {
      const end = Math.min(row + SHAPES, this.rows);
      const ends = await this.#offsetsFrom(row, end + 1);
      yield Array.from({ length: end - row }, (_, at) => this.#shape(ends[at]!, ends[at + 1]!));
    }
  }

  async #endsOf(row: number): Promise<[number, number]> {
    if (!(Number.isInteger(row) && row >= 0 && row < this.rows))
      throw new RangeError(`row ${row} of ${this.rows}`);
    return (await this.#offsetsFrom(row, row + 2)) as [number, number];
  }

  async #offsetsFrom(first: number, end: number): Promise<number[]> {
    const bytes = new BigInt64Array(end - first);
    const view = new Uint8Array(bytes.buffer);
    await readAt(this.#offsets, view, this.#start + 8 * first);
    return Array.from(bytes, Number);
  }

  #shape(first: number, end: number): readonly [number, number] {
    if (!(first >= 0 && first <= end && end <= this.#values.rows))
      throw new RunFolderError(
        `${this.#values.path}: its offsets are not in order; holdfast verify says what to do`,
      );
    const tokens = this.dim === null ? Math.sqrt(end - first) : end - first;
    return [tokens, this.dim ?? tokens];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#values[Symbol.asyncDispose]();
    await this.#offsets.close();
  }
}
