import { rowProductsGraph, rowSquaresGraph } from '@holdfast/model-zoo';
import type { InferenceSession } from 'onnxruntime-node';
import { ort } from './ort.js';

/** ONNX Runtime's level "fatal": errors are thrown, and need no second copy on stderr. */
const LOG_FATAL = 4;

/** What a block of rows makes with all queries. Both are overwritten by the next call. */
export interface BlockProducts {
  /** Row-major [rows, queries]: the dot product of each row with each query, in float32. */
  products: Float32Array;
  /** [rows]: the sum of the squares of each row, in float32. */
  squares: Float32Array;
}

/**
 * Multiplies blocks of rows by the same queries on the CPU, with all its cores. Sums are in float32, in an order that ONNX
 * Runtime chooses: their last digits depend on the processor.
 */
export class RowProducts implements AsyncDisposable {
  readonly #queries: InstanceType<typeof ort.Tensor>;
  readonly #dim: number;
  readonly #count: number;
  readonly #product: InferenceSession;
  readonly #square: InferenceSession;
  #products = new Float32Array(0);
  #squares = new Float32Array(0);

  private constructor(
    queries: Float32Array,
    dim: number,
    [product, square]: readonly [InferenceSession, InferenceSession],
  ) {
    this.#dim = dim;
    this.#count = queries.length / dim;
    this.#queries = new ort.Tensor('float32', transposed(queries, this.#count, dim), [dim, this.#count]);
    this.#product = product;
    this.#square = square;
  }

  /**
   * @param queries row-major [queries, dim]; copied.
   * @param dim numbers in a row, at least 1.
   * @throws ONNX Runtime's error for lack of memory.
   */
  static async open(queries: Float32Array, dim: number): Promise<RowProducts> {
    const session = (graph: Uint8Array) =>
      ort.InferenceSession.create(graph, {
        executionProviders: ['cpu'],
        // Blocks have two shapes at most, and their buffers are given.
        enableMemPattern: false,
        logSeverityLevel: LOG_FATAL,
      });
    return new RowProducts(queries, dim, [
      await session(rowProductsGraph()),
      await session(rowSquaresGraph()),
    ]);
  }

  /**
   * @param rows row-major [count, dim].
   * @throws ONNX Runtime's error for lack of memory.
   */
  async of(rows: Float32Array, count: number): Promise<BlockProducts> {
    if (this.#squares.length < count) {
      this.#products = new Float32Array(count * this.#count);
      this.#squares = new Float32Array(count);
    }
    const products = this.#products.subarray(0, count * this.#count);
    const squares = this.#squares.subarray(0, count);
    const tensor = new ort.Tensor('float32', rows, [count, this.#dim]);
    await this.#square.run({ rows: tensor }, { squares: new ort.Tensor('float32', squares, [count]) });
    await this.#product.run(
      { rows: tensor, queries: this.#queries },
      { products: new ort.Tensor('float32', products, [count, this.#count]) },
    );
    return { products, squares };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#product.release();
    await this.#square.release();
  }
}

/** [columns, rows] of [rows, columns]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column]!;
  return turned;
}
