import type { ModelRecipe, Pooling } from '../model/recipe.js';

/** The shape and tokens of a batch's hidden vectors. */
export interface PooledBatch {
  /** Tokens of each sequence in the batch, padding included. */
  width: number;
  dim: number;
  /** Tokens of each sequence, without special ones and padding. */
  counts: readonly number[];
  recipe: Pick<ModelRecipe, 'prefix' | 'suffix'>;
}

/** Tokens per block. Each block's vectors are read several times, so they must fit in a cache. */
const TILE = 64;

/**
 * Pools token vectors into rows. A mean is summed in double; a sequence without a token to pool gets zeros.
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

/**
 * Puts matrices of as many rows beside each other.
 *
 * @param parts row-major [rows, columns] each; a lone one is returned as it is.
 */
export function besides(parts: readonly Float32Array[], rows: number): Float32Array {
  const [first, second] = parts;
  if (second === undefined || rows === 0) return first!;
  const widths = parts.map(({ length }) => length / rows);
  const width = widths.reduce((sum, each) => sum + each, 0);
  const all = new Float32Array(rows * width);
  let column = 0;
  for (const [i, part] of parts.entries()) {
    const columns = widths[i]!;
    for (let row = 0; row < rows; row++)
      all.set(part.subarray(row * columns, (row + 1) * columns), row * width + column);
    column += columns;
  }
  return all;
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
  for (let token = 0; token < count; token += TILE)
    addTokens(hidden, (first + token) * dim, Math.min(TILE, count - token), dim, sum);
  for (let i = 0; i < dim; i++) out[i] = sum[i]! / count;
}

/**
 * Adds token vectors to sums, always in token order, so the digits do not depend on the blocking. It keeps
 * four sums at a time in registers, which is three times as fast as adding whole vectors.
 */
function addTokens(hidden: Float32Array, from: number, tokens: number, dim: number, sum: Float64Array): void {
  const end = from + tokens * dim;
  let i = 0;
  for (; i + 4 <= dim; i += 4) {
    let a = sum[i]!;
    let b = sum[i + 1]!;
    let c = sum[i + 2]!;
    let d = sum[i + 3]!;
    for (let at = from + i; at < end; at += dim) {
      a += hidden[at]!;
      b += hidden[at + 1]!;
      c += hidden[at + 2]!;
      d += hidden[at + 3]!;
    }
    sum[i] = a;
    sum[i + 1] = b;
    sum[i + 2] = c;
    sum[i + 3] = d;
  }
  for (; i < dim; i++) for (let at = from + i; at < end; at += dim) sum[i]! += hidden[at]!;
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
