import { RowProducts } from '@holdfast/gpu-runtime';
import { checkOptions, object, oneOf, required, signal, whole } from '@holdfast/options';
import { ahead } from './ahead.js';
import {
  type QueryBound,
  queryBound,
  relativeError,
  rowBound,
  sumOfSquares,
  wantedOf,
} from './may-be-near.js';
import { METRICS, type Metric, SCORES, shownScore } from './metric.js';
import { NearestList } from './nearest-list.js';

/** Rows that are read in blocks, such as a `RowReader` of `@holdfast/result`. */
export interface Matrix {
  readonly rows: number;
  /** Numbers in a row, at least 1. */
  readonly dim: number;
  /** All rows in order; `data` is row-major [rows, dim] and finite. @param rows most rows of a block. */
  blocks(rows?: number): AsyncIterable<{ first: number; rows: number; data: Float32Array }>;
}

/** A row that is near a query. */
export interface Neighbour {
  row: number;
  /** The cosine or Euclidean distance, or with `dot` the dot product; in float64. */
  distance: number;
}

export interface NearestOptions {
  /** Rows to find for each query. */
  k: number;
  /** Default: cosine. */
  metric?: Metric;
  /** Aborts the search between two blocks, with its reason. */
  signal?: AbortSignal;
  /** Called after each block, with the rows that were compared so far. */
  onProgress?(rows: number): void;
}

/** Bytes of rows, and of their products, in a block. */
const [ROW_BYTES, PRODUCT_BYTES] = [8 << 20, 32 << 20];

const nearestOptions = object<Pick<NearestOptions, 'k' | 'metric' | 'signal'>>({
  k: required(whole(1)),
  metric: oneOf(METRICS),
  signal,
});

/**
 * The nearest rows of each query, exactly: those of a search in float64, nearest first and ties in row order. One pass over the
 * rows.
 *
 * @param queries row-major [queries, dim], finite.
 * @returns for each query the `k` nearest rows; all rows if there are fewer.
 * @throws RangeError or TypeError for invalid options (`code` is `invalid_option`), RangeError for queries of another width; what
 * `blocks` throws; ONNX Runtime's error for lack of memory; the signal's reason.
 */
export async function nearestRows(
  matrix: Matrix,
  queries: Float32Array,
  options: NearestOptions,
): Promise<Neighbour[][]> {
  const { k, metric = 'cosine', signal, onProgress } = options;
  checkOptions('nearestRows', { k, metric, signal }, nearestOptions);
  const { dim } = matrix;
  const count = queries.length / dim;
  if (!Number.isInteger(count)) throw new RangeError(`${queries.length} numbers are no rows of ${dim}`);
  if (count === 0) return [];
  const search = new Search(queries, dim, k, metric);
  await using products = await RowProducts.open(search.scaled, dim);
  const rows = Math.max(1, Math.floor(Math.min(ROW_BYTES / dim, PRODUCT_BYTES / count) / 4));
  for await (const block of ahead(matrix.blocks(rows))) {
    signal?.throwIfAborted();
    search.take(block, await products.of(block.data, block.rows));
    onProgress?.(block.first + block.rows);
  }
  return search.found();
}

/** The state of a search. */
class Search {
  /** The queries as they are multiplied. */
  readonly scaled: Float32Array;
  readonly #lists: NearestList[];
  readonly #wanted: Float64Array;
  readonly #lengths: Float64Array;
  readonly #bounds: QueryBound[];
  readonly #error: number;

  constructor(
    readonly queries: Float32Array,
    readonly dim: number,
    k: number,
    readonly metric: Metric,
  ) {
    const count = queries.length / dim;
    this.#lists = Array.from({ length: count }, () => new NearestList(k));
    this.#wanted = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#bounds = Array.from({ length: count }, (_, query) =>
      queryBound(metric, queries.subarray(query * dim, (query + 1) * dim)),
    );
    this.#lengths = Float64Array.from(this.#bounds, ({ square }) => Math.sqrt(square));
    this.#error = relativeError(dim);
    this.scaled = queries.map((value, at) => value * this.#bounds[Math.floor(at / dim)]!.scale);
  }

  /** Takes in the rows of a block that may be among the nearest. */
  take(
    { first, rows, data }: { first: number; rows: number; data: Float32Array },
    products: Float32Array,
  ): void {
    const [wanted, lengths, count] = [this.#wanted, this.#lengths, this.#lists.length];
    for (let row = 0; row < rows; row++) {
      const { factor, constant, slack } = rowBound(
        this.metric,
        sumOfSquares(data, row * this.dim, this.dim),
        this.#error,
      );
      const start = row * count;
      // Not `>=`: what is not a number must pass. Only Euclidean distances have slack; without it, the loop takes two thirds.
      if (slack === 0)
        for (let query = 0; query < count; query++) {
          const bound = products[start + query]! * factor + constant;
          if (!(bound < wanted[query]!)) this.#offer(query, data, row, first);
        }
      else
        for (let query = 0; query < count; query++) {
          const bound = products[start + query]! * factor + constant + slack * lengths[query]!;
          if (!(bound < wanted[query]!)) this.#offer(query, data, row, first);
        }
    }
  }

  #offer(query: number, rows: Float32Array, row: number, first: number): void {
    const { dim, metric, queries } = this;
    const list = this.#lists[query]!;
    const score = SCORES[metric]({ rows: queries, at: query * dim, dim }, { rows, at: row * dim, dim });
    const before = list.limit;
    list.offer(score, first + row);
    const { limit } = list;
    if (limit !== before) this.#wanted[query] = wantedOf(metric, this.#bounds[query]!, limit);
  }

  found(): Neighbour[][] {
    return this.#lists.map((list) =>
      list.sorted().map(({ score, row }) => ({ row, distance: shownScore(this.metric, score) })),
    );
  }
}
