import type { ModelRecipe, Pooling } from './recipe.js';

/** What a batch's hidden vectors are of. */
export interface PooledBatch {
  /** Tokens of each sequence in the batch, padding included. */
  width: number;
  dim: number;
  /** Tokens of residues that each sequence has, special ones not counted. */
  counts: readonly number[];
  recipe: Pick<ModelRecipe, 'prefix' | 'suffix'>;
}

/**
 * Rows from the vectors of tokens. A mean is summed in double; a sequence without a token to pool gets zeros.
 *
 * @param hidden row-major [sequences, width, dim].
 * @returns row-major [sequences, dim].
 */
export function pool(
  pooling: Exclude<Pooling, 'none'>,
  hidden: Float32Array,
  { width, dim, counts, recipe: { prefix, suffix } }: PooledBatch,
): Float32Array {
  const rows = new Float32Array(counts.length * dim);
  const sum = new Float64Array(dim);
  counts.forEach((residues, row) => {
    const out = rows.subarray(row * dim, (row + 1) * dim);
    const start = row * width;
    if (pooling === 'cls') out.set(hidden.subarray(start * dim, (start + 1) * dim));
    else if (pooling === 'mean') mean(hidden, start + prefix.length, residues, out, sum);
    else if (pooling === 'max') greatest(hidden, start + prefix.length, residues, out);
    else mean(hidden, start, prefix.length + residues + suffix.length, out, sum);
  });
  return rows;
}

function mean(
  hidden: Float32Array,
  first: number,
  count: number,
  out: Float32Array,
  sum: Float64Array,
): void {
  if (count === 0) return;
  const dim = out.length;
  sum.fill(0);
  let at = first * dim;
  for (let token = 0; token < count; token++) {
    for (let i = 0; i < dim; i++, at++) sum[i]! += hidden[at]!;
  }
  for (let i = 0; i < dim; i++) out[i] = sum[i]! / count;
}

function greatest(hidden: Float32Array, first: number, count: number, out: Float32Array): void {
  if (count === 0) return;
  const dim = out.length;
  let at = first * dim;
  out.set(hidden.subarray(at, at + dim));
  at += dim;
  for (let token = 1; token < count; token++) {
    for (let i = 0; i < dim; i++, at++) out[i] = Math.max(out[i]!, hidden[at]!);
  }
}
