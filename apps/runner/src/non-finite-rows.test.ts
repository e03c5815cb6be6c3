import { classifyError } from '@holdfast/coordinator';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NonFiniteRowsError, nonFiniteRows } from './non-finite-rows.js';

test('the rows with NaN or an infinity are found, each once, at its first column, and no other', () => {
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

const sequence = (ordinal: number, id = `s${ordinal}`) => ({
  row: 0,
  ordinal,
  id,
  column: 3,
  value: Number.NaN,
});

test('the error names batch, sequence and column, and is poison whatever the IDs say', () => {
  const many = Array.from({ length: 7 }, (_, i) => sequence(40 + i));
  expect(new NonFiniteRowsError('esm', 9, many).message).toMatch(
    /^batch 9: esm gave 7 row\(s\) with NaN or Inf \(sequence 40 \("s40"\): NaN in column 3; .*"s44".*; and 2 more\); leave/,
  );
  for (const id of ['a', 'SIGTERM_7', 'preempted', 'out_of_memory']) {
    const { code, message } = new NonFiniteRowsError('esm', 9, [sequence(1, id)]);
    expect([id, classifyError({ exitcode: 1, error: code, errorMessage: message })]).toEqual([
      id,
      'poison_input',
    ]);
  }
});
