import fc from 'fast-check';
import { expect, it } from 'vitest';
import { valueRange } from './value-range.js';

it('is not taken by outliers, and holds nearly all values', () => {
  const values = Float32Array.from({ length: 1000 }, (_, at) => (at === 5 ? 1e9 : at % 100));
  values[7] = Number.NaN;
  expect(valueRange(values)).toEqual({ low: 0, high: 99 });
  expect(valueRange([])).toEqual({ low: 0, high: 0 });
  expect(valueRange([Number.NaN, 500, 500])).toEqual({ low: 500, high: 500 });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (given) => {
      const { low, high } = valueRange(given);
      expect(low).toBeLessThanOrEqual(high);
      expect(low === high).toBe(new Set(given).size === 1);
      const inside = given.filter((each) => each >= low && each <= high).length;
      expect(inside).toBeGreaterThanOrEqual(Math.floor(0.98 * given.length) - 1);
    }),
  );
});
