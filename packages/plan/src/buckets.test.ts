import { expect, test } from 'vitest';
import { bucketLimits } from './buckets.js';

// Other numbers would need another PLAN: batches of an older run would hold other sequences.
test.each([
  [1, 16_384],
  [136, 16_384],
  [1024, 16_384],
  [1025, 16_368],
  [1280, 13_107],
  [5120, 3276],
  [65_536, 256],
  [1_000_000, 256],
])('of rows of %i numbers a bucket has at most %i, and 64 MiB of residues', (dim, sequences) => {
  expect(bucketLimits(dim)).toEqual({ sequences, residues: 67_108_864 });
});
