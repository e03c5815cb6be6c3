import fc from 'fast-check';
import { expect, test } from 'vitest';
import { secondsOfAll, strataOf } from './time-estimate.js';

const of = (costs: readonly number[], most: number, ranges = [[0, costs.length]] as [number, number][]) =>
  strataOf(ranges, { tokens: (batch) => costs[batch]!, length: (batch) => costs[batch]!, most });

test('parts of equal cost by length, each with the batch in its middle', () => {
  expect(of([8, 1, 1, 1, 1, 4], 2)).toEqual([
    { tokens: 8, batch: 4, batchTokens: 1 },
    { tokens: 8, batch: 0, batchTokens: 8 },
  ]);
  expect(of([5, 5, 5], 6).map(({ batch }) => batch)).toEqual([0, 1, 2]);
  expect(of([], 6)).toEqual([]);
});

test('only what is left counts', () => {
  expect(
    of([1, 2, 3, 4, 5], 1, [
      [1, 2],
      [4, 5],
    ]),
  ).toEqual([{ tokens: 7, batch: 4, batchTokens: 5 }]);
});

test('the parts have all tokens between them, whatever the batches', () => {
  const costs = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(costs, fc.integer({ min: 1, max: 8 }), (costs, most) => {
      const strata = of(costs, most);
      const total = costs.reduce((sum, each) => sum + each, 0);
      expect(strata.length).toBeLessThanOrEqual(most);
      expect(strata.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(total);
      for (const { batch, batchTokens } of strata) expect(batchTokens).toBe(costs[batch]);
      // Where every token takes the same time, the estimate is exact.
      const seconds = secondsOfAll(
        strata,
        strata.map(({ batchTokens }) => batchTokens / 1000),
      );
      expect(seconds).toBeCloseTo(total / 1000, 9);
    }),
  );
});

test('a part that was not measured has the speed of its nearest neighbour; without any there is no estimate', () => {
  const strata = [
    { tokens: 100, batch: 0, batchTokens: 10 },
    { tokens: 100, batch: 1, batchTokens: 10 },
    { tokens: 100, batch: 2, batchTokens: 50 },
  ];
  expect(secondsOfAll(strata, [1, null, null])).toBe(30);
  expect(secondsOfAll(strata, [1, null, 50])).toBe(10 + 10 + 100);
  expect(secondsOfAll(strata, [null, null])).toBeNull();
});
