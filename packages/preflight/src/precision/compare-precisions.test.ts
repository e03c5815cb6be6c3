import { expect, test } from 'vitest';
import { costOf } from './compare-precisions.js';
import { cosine } from './cosine.js';

const row = (...values: number[]) => Float32Array.from(values);

test.each([
  ['the same direction', row(1, 2), row(2, 4), 1],
  ['a right angle', row(1, 0), row(0, 3), 0],
  ['the opposite', row(1, -1), row(-2, 2), -1],
  ['two rows of zeros', row(0, 0), row(0, 0), 1],
  ['one row of zeros', row(0, 0), row(0, 1), 0],
  ['a row that is not finite', row(1, 1), row(Number.NaN, 1), 0],
])('the cosine of %s', (_, one, other, expected) => {
  expect(cosine(one, other)).toBeCloseTo(expected, 12);
});

test('the cost is the median and the worst, of all that were compared', () => {
  expect(costOf([0.9, 1, 0.99])).toEqual({ sequences: 3, cosine_median: 0.99, cosine_worst: 0.9 });
  expect(costOf([0.5, 0.7])).toEqual({ sequences: 2, cosine_median: 0.6, cosine_worst: 0.5 });
  expect(costOf([0.123456789])).toMatchObject({ cosine_worst: 0.1234568 });
  expect(costOf([])).toBeNull();
});
