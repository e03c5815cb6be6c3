/**
 * Version of the rules in this file and in `plan-bucket.ts`, part of a run's fingerprint. Any change to the
 * rules moves sequences to other batches and needs a new number. Version 1 cut batches in input order.
 */
export const PLAN = 2;

/** Limits of a bucket, the part of the input that is sorted by length together. */
export interface BucketLimits {
  /** Most sequences of a bucket, at least 1. */
  sequences: number;
  /** Most residues of a bucket, in bytes; a longer sequence is a bucket of its own. */
  residues: number;
}

const BUCKET_BYTES = 64 * 1024 * 1024;
const FEWEST_SEQUENCES = 256;
const MOST_SEQUENCES = 16_384;

/**
 * The bucket limits of a model. A bucket's residues and its float32 rows are held in memory, so each takes at
 * most 64 MiB (rows of up to 65,536 numbers). Smaller buckets pad more; larger ones gain little.
 *
 * @param dim numbers in a row.
 */
export function bucketLimits(dim: number): BucketLimits {
  const rows = Math.floor(BUCKET_BYTES / (dim * Float32Array.BYTES_PER_ELEMENT));
  const sequences = Math.min(Math.max(rows, FEWEST_SEQUENCES), MOST_SEQUENCES);
  return { sequences, residues: BUCKET_BYTES };
}
