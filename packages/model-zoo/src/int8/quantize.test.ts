import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantizeRows } from './quantize.js';

const floats = (least: number, most: number) =>
  fc.float({ min: Math.fround(least), max: Math.fround(most), noNaN: true });

test('each weight is within half a step of its row, wherever the rows are cut', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }).chain((width) =>
        fc.record({
          width: fc.constant(width),
          rows: fc.array(fc.array(floats(-1e3, 1e3), { minLength: width, maxLength: width }), {
            minLength: 1,
            maxLength: 9,
          }),
          cut: fc.nat(8),
        }),
      ),
      ({ width, rows, cut }) => {
        const height = rows.length;
        const made = (first: number) => {
          const into = { target: new Int8Array(width * height), scales: new Float32Array(height) };
          quantizeRows(Float32Array.from(rows.slice(0, first).flat()), width, 0, into);
          quantizeRows(Float32Array.from(rows.slice(first).flat()), width, first, into);
          return into;
        };
        const { target, scales } = made(0);
        expect(made(cut % (height + 1))).toEqual({ target, scales });
        for (const [row, values] of rows.entries())
          for (const [column, value] of values.entries()) {
            const rounded = target[column * height + row]! * scales[row]!;
            expect(Math.abs(rounded - value)).toBeLessThanOrEqual(scales[row]! * 0.5001);
          }
      },
    ),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is refused, and its row is named', (value) => {
  const into = { target: new Int8Array(4), scales: new Float32Array(2) };
  expect(() => quantizeRows(Float32Array.of(1, value), 2, 1, into)).toThrow(`${value} in row 1`);
});
