import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planShards } from './plan-shards.js';

test('shards weigh about the same', () => {
  expect(planShards([1, 1, 1, 1, 4, 4], 3)).toEqual([
    { firstBatch: 0, endBatch: 4 },
    { firstBatch: 4, endBatch: 5 },
    { firstBatch: 5, endBatch: 6 },
  ]);
});

test('there are never more shards than batches, and none for no batch', () => {
  expect(planShards([5, 5], 8)).toEqual([
    { firstBatch: 0, endBatch: 1 },
    { firstBatch: 1, endBatch: 2 },
  ]);
  expect(planShards([], 3)).toEqual([]);
});

test('the ranges cover all batches in order, none empty, none far above an equal share', () => {
  const weights = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 1e9 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 40 }), (weights, count) => {
      const runs = planShards(weights, count);
      expect(runs).toHaveLength(Math.min(count, weights.length));
      const share = weights.reduce((sum, weight) => sum + weight, 0) / runs.length;
      let at = 0;
      for (const { firstBatch, endBatch } of runs) {
        expect(firstBatch).toBe(at);
        expect(endBatch).toBeGreaterThan(firstBatch);
        const weight = weights.slice(firstBatch, endBatch).reduce((sum, weight) => sum + weight, 0);
        expect(weight).toBeLessThanOrEqual(share + Math.max(...weights) + 1e-3);
        at = endBatch;
      }
      expect(at).toBe(weights.length);
    }),
    { numRuns: 500 },
  );
});

test('an invalid count is refused', () => {
  for (const count of [0, -1, 1.5, Number.NaN]) expect(() => planShards([1], count)).toThrow(RangeError);
});
