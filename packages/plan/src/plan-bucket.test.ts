import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planBucket } from './plan-bucket.js';

test('longest first, ties in input order, and a batch costs count × longest', () => {
  expect(planBucket([4, 9, 4, 1, 5, 20, 5, 1], 10)).toEqual({
    order: Uint32Array.of(5, 1, 4, 6, 0, 2, 3, 7),
    batches: [0, 1, 2, 4, 6],
    paddedTokens: 20 + 9 + 10 + 8 + 2,
  });
});

test('a sorted bucket stays unchanged; an empty bucket has no batch', () => {
  expect(planBucket([5, 5, 5, 3, 3], 10).order).toEqual(Uint32Array.of(0, 1, 2, 3, 4));
  expect(planBucket([], 10)).toEqual({ order: new Uint32Array(0), batches: [], paddedTokens: 0 });
});

test('the sort is stable; every batch fits or has one sequence, and has no room for the next', () => {
  const tokens = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 50 }), fc.constant(2 ** 40)),
  );
  fc.assert(
    fc.property(tokens, fc.integer({ min: 1, max: 200 }), (tokens, limit) => {
      const { order, batches, paddedTokens } = planBucket(tokens, limit);
      const sorted = [...tokens.keys()].sort((a, b) => tokens[b]! - tokens[a]! || a - b);
      expect([...order]).toEqual(sorted);
      const cut = batches.map((first, i) => sorted.slice(first, batches[i + 1]).map((at) => tokens[at]!));
      const cost = (batch: number[]) => batch.length * Math.max(...batch);
      expect(cut.flat()).toHaveLength(tokens.length);
      expect(paddedTokens).toBe(cut.reduce((sum, batch) => sum + cost(batch), 0));
      for (const [i, batch] of cut.entries()) {
        expect(batch.length === 1 || (batch.length > 0 && cost(batch) <= limit)).toBe(true);
        const next = cut[i + 1];
        if (next) expect(cost([...batch, next[0]!])).toBeGreaterThan(limit);
      }
    }),
    { numRuns: 500 },
  );
});
