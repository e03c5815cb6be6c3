/**
 * Version of the rules in this file and in `plan-bucket.ts`. Any change of them moves sequences to other batches, so it
 * must come with another number: it is part of a run's fingerprint. 1 cut batches along the input's order.
 */
export const PLAN = 2;

/** Limits of one bucket: how much of the input is sorted by length together. */
export interface BucketLimits {
  /** Most sequences of a bucket, at least 1. */
  sequences: number;
  /** Most residues of a bucket, in bytes; a longer sequence has a bucket of its own. */
  residues: number;
}

const BUCKET_BYTES = 64 * 1024 * 1024;
const FEWEST_SEQUENCES = 256;
const MOST_SEQUENCES = 16_384;

/**
 * The buckets of a model: neither a bucket's residues nor, up to 65,536 numbers a row, its float32 rows take more than
 * 64 MiB, as both are held in memory. Shorter buckets pad more, longer ones gain little.
 *
 * @param dim numbers in a row.
 */
export function bucketLimits(dim: number): BucketLimits {
  const rows = Math.floor(BUCKET_BYTES / (dim * Float32Array.BYTES_PER_ELEMENT));
  const sequences = Math.min(Math.max(rows, FEWEST_SEQUENCES), MOST_SEQUENCES);
  return { sequences, residues: BUCKET_BYTES };
}
