import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adjacent } from './adjacent.js';

test('rows in any order are read in as few pieces as they have breaks, each once and at its place', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 12 }), { maxLength: 20 }), (rows) => {
      const runs = adjacent(rows);
      expect(runs.flatMap(({ row, count }) => Array.from({ length: count }, (_, i) => row + i))).toEqual(
        rows,
      );
      expect(runs.every(({ at, row }) => rows[at] === row)).toBe(true);
      const breaks = rows.filter((row, at) => at > 0 && row !== rows[at - 1]! + 1).length;
      expect(runs.length).toBe(rows.length === 0 ? 0 : breaks + 1);
    }),
  );
});
