import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nonFiniteRows } from './non-finite-rows.js';

test('each row with NaN or an infinity is found once, at its first such column, and no other row', () => {
  const value = fc.oneof(
    { weight: 20, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
  );
  const batch = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9))
    .chain(([dim, rows]) =>
      fc.tuple(
        fc.constant(dim),
        fc.array(fc.array(value, { minLength: dim, maxLength: dim }), { minLength: rows, maxLength: rows }),
      ),
    );
  fc.assert(
    fc.property(batch, ([dim, rows]) => {
      const expected = rows.flatMap((each, row) => {
        const column = each.findIndex((x) => !Number.isFinite(x));
        return column < 0 ? [] : [{ row, column, value: each[column] }];
      });
      expect(nonFiniteRows(Float32Array.from(rows.flat()), dim)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('the greatest and the smallest numbers are finite', () => {
  expect(nonFiniteRows(Float32Array.of(3.4028234e38, -3.4028234e38, 1e-45, -0), 2)).toEqual([]);
});
