import fc from 'fast-check';
import { expect, test } from 'vitest';
import { workersThatFit } from './workers-that-fit.js';

const GB = 1e9;

test.each([
  ['8M on a laptop', 16 * GB, 0.03 * GB, 23],
  ['650M on a small machine', 16 * GB, 2.6 * GB, 4],
  ['3B on a machine that hardly holds it', 16 * GB, 11.4 * GB, 1],
  ['15B on one that does not', 16 * GB, 60 * GB, 1],
])('%s', (_, memory, weights, workers) => {
  expect(workersThatFit(memory, weights)).toBe(workers);
});

test('more memory never means fewer workers, and larger weights never more', () => {
  const bytes = fc.integer({ min: 0, max: 1e12 });
  fc.assert(
    fc.property(bytes, bytes, bytes, bytes, (memory, more, weights, larger) => {
      const fit = workersThatFit(memory, weights);
      expect(fit).toBeGreaterThanOrEqual(1);
      expect(workersThatFit(memory + more, weights)).toBeGreaterThanOrEqual(fit);
      expect(workersThatFit(memory, weights + larger)).toBeLessThanOrEqual(fit);
    }),
  );
});
