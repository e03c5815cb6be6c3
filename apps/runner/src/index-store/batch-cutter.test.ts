import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchCutter } from './batch-cutter.js';

function cut(tokens: number[], limit: number): number[][] {
  const cutter = new BatchCutter(limit);
  const batches: number[][] = [];
  for (const count of tokens) {
    if (cutter.begins(count)) batches.push([]);
    batches.at(-1)!.push(count);
  }
  return batches;
}

test('a batch costs its count times its longest', () => {
  expect(cut([4, 4, 4, 1, 9, 5, 5, 20, 1, 1], 10)).toEqual([[4, 4], [4, 1], [9], [5, 5], [20], [1, 1]]);
});

test('every batch fits or stands alone, and could not have taken the next sequence', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 })),
      fc.integer({ min: 1, max: 200 }),
      (tokens, limit) => {
        const cost = (batch: number[]) => batch.length * Math.max(...batch);
        const batches = cut(tokens, limit);
        expect(batches.flat()).toEqual(tokens);
        for (const [i, batch] of batches.entries()) {
          expect(batch.length === 1 || cost(batch) <= limit).toBe(true);
          const next = batches[i + 1];
          if (next) expect(cost([...batch, next[0]!])).toBeGreaterThan(limit);
        }
      },
    ),
  );
});

test('a limit that admits nothing is refused', () => {
  for (const limit of [0, -1, Number.NaN]) expect(() => new BatchCutter(limit)).toThrow(RangeError);
});
