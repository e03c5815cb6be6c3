import type { Metric } from './metric.js';

// Which rows could be among the nearest, by what float32 says of them. A row passes where
//   product * factor + constant + slack * query >= wanted,
// with `factor`, `constant` and `slack` of the row, and `query` and `wanted` of the query. `product` is the dot product of the row
// and the query as it was multiplied: scaled to length 1, but as it is for Euclidean distances.
//
// A sum of n products in float32 is off by at most n·u/(1 − n·u) times the product of the lengths, in whatever order it is added
// (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1), with u = 2^-24.

/** Where sums of squares are outside this range, products may have lost terms, or all, to float32's range. */
const [SMALL, LARGE] = [1e-30, 1e30];

/** Relative errors of float64 in what is compared. */
const DOUBLE = 1e-12;

/** Bounds the rounding of a product of two rows, relative to their lengths, with a margin for that of the scaled query. */
export const relativeError = (dim: number): number => 2 * (dim + 8) * 2 ** -24;

/** The sum of the squares of some numbers in float64: four sums at a time, which takes half as long. */
export function sumOfSquares(values: Float32Array, first: number, count: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = first + count;
  let at = first;
  for (; at + 3 < end; at += 4) {
    a += values[at]! * values[at]!;
    b += values[at + 1]! * values[at + 1]!;
    c += values[at + 2]! * values[at + 2]!;
    d += values[at + 3]! * values[at + 3]!;
  }
  for (; at < end; at++) a += values[at]! * values[at]!;
  return a + b + (c + d);
}

/** What a row needs of its products to be near. */
export interface RowBound {
  factor: number;
  constant: number;
  slack: number;
}

/** A row that passes for every query. */
const ALWAYS: RowBound = { factor: 0, constant: Number.POSITIVE_INFINITY, slack: 0 };

/** @param square the sum of the row's squares. @param error of `relativeError`. */
export function rowBound(metric: Metric, square: number, error: number): RowBound {
  if (!(square > SMALL && square < LARGE)) return ALWAYS;
  const length = Math.sqrt(square);
  if (metric === 'cosine') return { factor: 1 / length, constant: error, slack: 0 };
  if (metric === 'dot') return { factor: 1, constant: error * length, slack: 0 };
  return { factor: 2, constant: (error - 1) * square, slack: 2 * error * length };
}

/** A query as it is compared. */
export interface QueryBound {
  /** The sum of its squares. */
  square: number;
  /** What its numbers are multiplied by before the products. */
  scale: number;
}

export function queryBound(metric: Metric, query: Float32Array): QueryBound {
  const square = sumOfSquares(query, 0, query.length);
  const scaled = metric !== 'euclidean' && square > 0;
  return { square, scale: scaled ? 1 / Math.sqrt(square) : 1 };
}

/** @param limit the score that a row must not exceed; see `SCORES`. @returns `wanted`. */
export function wantedOf(metric: Metric, { square }: QueryBound, limit: number): number {
  if (limit === Number.POSITIVE_INFINITY || !(square > SMALL && square < LARGE))
    return Number.NEGATIVE_INFINITY;
  if (metric === 'cosine') return 1 - limit - DOUBLE;
  if (metric === 'dot') {
    const wanted = -limit / Math.sqrt(square);
    return wanted - DOUBLE * Math.abs(wanted);
  }
  return square - limit * limit - DOUBLE * (square + limit * limit);
}
