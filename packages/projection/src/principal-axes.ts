import { Matrix as Dense, EigenvalueDecomposition, QrDecomposition } from 'ml-matrix';
import { normal } from './random.js';

/** Where the rows of a matrix lie, and in which directions they vary most. */
export interface Axes {
  /** The mean row, [dim]. */
  mean: Float64Array;
  /** Unit vectors, row-major [count, dim], the direction of most variance first. The largest entry of each is positive. */
  axes: Float64Array;
  count: number;
  dim: number;
  /** Variance along each axis. */
  variances: number[];
  /** Sum of the variances of all columns. */
  total: number;
}

/** The share of the variance of all columns that each axis has, from 0 to 1; zeros if all rows are equal. */
export const varianceShares = ({ variances, total }: Pick<Axes, 'variances' | 'total'>): number[] =>
  variances.map((variance) => variance / (total || 1));

/** Directions beyond those wanted: they make the wanted ones converge fast. */
const MORE = 8;

/** Rounds that are enough where the axes only shorten rows: they need not be apart from each other. */
export const FEW_ROUNDS = 8;

/** Rounds at most. What has not settled by then are directions of equal variance, of which any is as good. */
export const ROUNDS = 60;

/** Relative change of the variances between two rounds from which on they count as settled. */
const SETTLED = 1e-9;

/**
 * The principal axes of rows by randomized subspace iteration (Halko, Martinsson and Tropp 2011): the whole covariance is never
 * formed, which at 2,560 columns would take minutes.
 *
 * @param rows row-major [count, dim]. @param wanted how many axes; there are no more than columns.
 */
export function principalAxes(
  rows: Float32Array,
  dim: number,
  wanted: number,
  random: () => number,
  onRound: (share: number) => void = () => undefined,
  rounds = ROUNDS,
): Axes {
  const count = dim === 0 ? 0 : rows.length / dim;
  const mean = meanOf(rows, count, dim);
  const kept = Math.min(wanted, dim);
  const width = Math.min(kept + MORE, dim);
  let basis = orthonormal(
    Array.from({ length: width }, () => Array.from({ length: dim }, () => normal(random))),
  );
  let variances: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const image = covarianceTimes(rows, mean, count, basis);
    const { values, vectors } = ritz(basis, image);
    const settled = values
      .slice(0, kept)
      .every(
        (value, at) => Math.abs(value - (variances[at] ?? Number.NaN)) <= SETTLED * Math.abs(values[0]!),
      );
    variances = values;
    if (settled || round === rounds - 1) {
      basis = vectors;
      break;
    }
    basis = orthonormal(image);
    onRound((round + 1) / rounds);
  }
  const axes = new Float64Array(kept * dim);
  for (let axis = 0; axis < kept; axis++) axes.set(signed(basis[axis]!), axis * dim);
  return {
    mean,
    axes,
    count: kept,
    dim,
    variances: variances.slice(0, kept),
    total: totalOf(rows, mean, count),
  };
}

function meanOf(rows: Float32Array, count: number, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  for (let at = 0; at < rows.length; at++) mean[at % dim]! += rows[at]!;
  return mean.map((sum) => sum / Math.max(1, count));
}

function totalOf(rows: Float32Array, mean: Float64Array, count: number): number {
  let total = 0;
  for (let at = 0; at < rows.length; at++) total += (rows[at]! - mean[at % mean.length]!) ** 2;
  return total / Math.max(1, count - 1);
}

/** The covariance times each vector of the basis, without forming it. */
function covarianceTimes(
  rows: Float32Array,
  mean: Float64Array,
  count: number,
  basis: readonly (readonly number[])[],
): number[][] {
  const dim = mean.length;
  const vectors = basis.map((each) => Float64Array.from(each));
  const image = basis.map(() => new Float64Array(dim));
  const row = new Float64Array(dim);
  for (let at = 0; at < count; at++) {
    const start = at * dim;
    for (let column = 0; column < dim; column++) row[column] = rows[start + column]! - mean[column]!;
    for (let each = 0; each < vectors.length; each++) {
      const [vector, sum] = [vectors[each]!, image[each]!];
      let dot = 0;
      for (let column = 0; column < dim; column++) dot += row[column]! * vector[column]!;
      for (let column = 0; column < dim; column++) sum[column]! += dot * row[column]!;
    }
  }
  return image.map((sum) => Array.from(sum, (value) => value / Math.max(1, count - 1)));
}

/** The best approximations of eigenvectors within a basis, by descending value. */
function ritz(basis: number[][], image: number[][]): { values: number[]; vectors: number[][] } {
  const [plain, moved] = [new Dense(basis), new Dense(image)];
  const small = plain.mmul(moved.transpose());
  const even = Dense.add(small, small.transpose()).mul(0.5);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(even, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, at) => at).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const turned = eigenvectorMatrix.transpose().mmul(plain).to2DArray();
  return {
    values: order.map((at) => Math.max(0, realEigenvalues[at]!)),
    vectors: order.map((at) => turned[at]!),
  };
}

function orthonormal(vectors: number[][]): number[][] {
  const { orthogonalMatrix } = new QrDecomposition(new Dense(vectors).transpose());
  return orthogonalMatrix.transpose().to2DArray();
}

/** An axis has no sign of its own: equal data must give equal pictures. */
function signed(axis: readonly number[]): number[] {
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return axis.map((value) => (largest < 0 ? -value : value));
}
