/** A matrix that is read in blocks, such as a RowReader of `@holdfast/result`. It may be read several times. */
export interface Matrix {
  /** Rows in all. */
  readonly rows: number;
  /** Numbers in a row. */
  readonly dim: number;
  /** All rows in order: `data` is row-major [rows, dim], and `first` the number of its first row. */
  blocks(): AsyncIterable<{ first: number; rows: number; data: Float32Array }>;
  /** Rows [first, end), row-major, if single rows can be read: then a sample of many rows does not read all of them. */
  read?(first: number, end: number): Promise<Float32Array>;
}

/** What all computations here take. */
export interface ComputeOptions {
  /** Chooses the sampled rows and all that is random. Equal seeds give equal results. Default: 1. */
  seed?: number;
  /** Hears how much is done, from 0 to 1. */
  onProgress?: (done: number) => void;
  /** Ends the computation: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A matrix that is held in memory. */
export function matrixOf(data: Float32Array, dim: number): Matrix {
  const rows = dim === 0 ? 0 : data.length / dim;
  return {
    rows,
    dim,
    async *blocks() {
      if (rows > 0) yield { first: 0, rows, data };
    },
  };
}

/** Passes all rows to `use`, and reports the share between two marks. @throws the signal's reason. */
export async function eachBlock(
  matrix: Matrix,
  { onProgress, signal }: ComputeOptions,
  [from, to]: readonly [number, number],
  use: (data: Float32Array, first: number, rows: number) => void,
): Promise<void> {
  for await (const { data, first, rows } of matrix.blocks()) {
    signal?.throwIfAborted();
    use(data, first, rows);
    onProgress?.(from + ((to - from) * (first + rows)) / matrix.rows);
  }
  signal?.throwIfAborted();
}
