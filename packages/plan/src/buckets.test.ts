import { expect, test } from 'vitest';
import { bucketLimits } from './buckets.js';

// Changing these numbers needs a new PLAN, because batches of an older run would have other sequences.
test.each([
  [1, 16_384],
  [136, 16_384],
  [1024, 16_384],
  [1025, 16_368],
  [1280, 13_107],
  [5120, 3276],
  [65_536, 256],
  [1_000_000, 256],
])('a bucket of rows of %i numbers has at most %i of them, and 64 MiB of residues', (dim, sequences) => {
  expect(bucketLimits(dim)).toEqual({ sequences, residues: 67_108_864 });
});
