import { rowProductsGraph } from '@holdfast/model-zoo';
import type { InferenceSession, TypedTensor } from 'onnxruntime-node';
import { ort } from './ort.js';

/** ONNX Runtime's level "fatal": errors are thrown, and need no second copy on stderr. */
const LOG_FATAL = 4;

/**
 * Multiplies blocks of rows by the same queries on the CPU, with all its cores. Sums are in float32, in an order that ONNX
 * Runtime chooses: their last digits depend on the processor.
 */
export class RowProducts implements AsyncDisposable {
  readonly #queries: TypedTensor<'float32'>;
  readonly #dim: number;
  readonly #count: number;
  readonly #session: InferenceSession;
  #products = new Float32Array(0);

  private constructor(queries: Float32Array, dim: number, session: InferenceSession) {
    this.#dim = dim;
    this.#count = queries.length / dim;
    this.#queries = new ort.Tensor('float32', transposed(queries, this.#count, dim), [dim, this.#count]);
    this.#session = session;
  }

  /**
   * @param queries row-major [queries, dim]; copied.
   * @param dim numbers in a row, at least 1.
   * @throws ONNX Runtime's error for lack of memory.
   */
  static async open(queries: Float32Array, dim: number): Promise<RowProducts> {
    const session = await ort.InferenceSession.create(rowProductsGraph(), {
      executionProviders: ['cpu'],
      // Blocks have two shapes at most, and their buffers are given.
      enableMemPattern: false,
      logSeverityLevel: LOG_FATAL,
    });
    return new RowProducts(queries, dim, session);
  }

  /**
   * @param rows row-major [count, dim].
   * @returns row-major [count, queries]: the dot product of each row with each query, overwritten by the next call.
   * @throws ONNX Runtime's error for lack of memory.
   */
  async of(rows: Float32Array, count: number): Promise<Float32Array> {
    const length = count * this.#count;
    if (this.#products.length < length) this.#products = new Float32Array(length);
    const products = this.#products.subarray(0, length);
    await this.#session.run(
      { rows: new ort.Tensor('float32', rows, [count, this.#dim]), queries: this.#queries },
      { products: new ort.Tensor('float32', products, [count, this.#count]) },
    );
    return products;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
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
