import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binStarts, lengthsOf } from './length-histogram.js';

const given = (...parts: number[][]) =>
  async function* () {
    for (const part of parts) yield Float64Array.from(part);
  };

test.each([
  [200, 200, [200]],
  [141, 153, [140, 142, 144, 146, 148, 150, 152]],
  [90, 1000, [0, 200, 400, 600, 800, 1000]],
  [30, 2000, [20, 50, 100, 200, 500, 1000, 2000]],
  [0, 7, [0, 1, 2, 3, 4, 5, 6, 7]],
  [50, 5_000_000, [10, 100, 1000, 10_000, 100_000, 1_000_000]],
])('%d to %d residues', (shortest, longest, starts) => {
  expect(binStarts(shortest, longest)).toEqual(starts);
});

test('shortest, longest, mean and bins of all parts together', async () => {
  expect(await lengthsOf(given([10, 20], [], [12]))).toEqual({
    shortest: 10,
    longest: 20,
    mean: 14,
    histogram: [
      { from: 10, to: 11, sequences: 1 },
      { from: 12, to: 13, sequences: 1 },
      { from: 14, to: 15, sequences: 0 },
      { from: 16, to: 17, sequences: 0 },
      { from: 18, to: 19, sequences: 0 },
      { from: 20, to: 20, sequences: 1 },
    ],
  });
});

test('every sequence is in exactly one bin, and there are few bins without a gap', async () => {
  const lengths = fc.array(
    fc.oneof(fc.nat(9), fc.integer({ min: 100, max: 1000 }), fc.integer({ min: 0, max: 3e9 })),
    { minLength: 1 },
  );
  await fc.assert(
    fc.asyncProperty(lengths, async (some) => {
      const { histogram, shortest, longest } = await lengthsOf(given(some));
      expect(histogram.length).toBeLessThanOrEqual(18);
      expect(histogram[0]!.from).toBeLessThanOrEqual(shortest);
      expect(histogram.at(-1)!.to).toBe(longest);
      for (const [i, { from, to, sequences }] of histogram.entries()) {
        if (i > 0) expect(from).toBe(histogram[i - 1]!.to + 1);
        expect(sequences).toBe(some.filter((each) => each >= from && each <= to).length);
      }
      expect(histogram.reduce((sum, { sequences }) => sum + sequences, 0)).toBe(some.length);
    }),
  );
});
