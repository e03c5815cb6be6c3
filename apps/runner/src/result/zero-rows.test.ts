import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ordinalsOf, ZeroRows } from './zero-rows.js';

const index = { idsOf: async (ordinals: readonly number[]) => ordinals.map((ordinal) => `s${ordinal}`) };

test('the ordinal of a row is that of the sequence that it belongs to, whatever has no row', () => {
  const property = fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (missing) => {
    const without = new Set(missing.flatMap((is, ordinal) => (is ? [ordinal] : [])));
    const due = missing.flatMap((is, ordinal) => (is ? [] : [ordinal]));
    expect(ordinalsOf([...due.keys()], without)).toEqual(due);
  });
  fc.assert(property);
});

test('the warning counts all rows of zeros and names the first five, however the rows are cut into parts', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
    fc.integer({ min: 1, max: 30 }),
    async (zero, size) => {
      const rows = zero.map((is) => (is ? [0, 0] : [0, 1]));
      const zeros = new ZeroRows(2);
      for (let at = 0; at < rows.length; at += size)
        zeros.add(Float32Array.from(rows.slice(at, at + size).flat()));
      const ids = zero.flatMap((is, ordinal) => (is ? [`s${ordinal}`] : []));
      const named = `${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}`;
      expect(await zeros.warning(index, new Set(), 'nothing to count')).toBe(
        ids.length === 0
          ? null
          : `${ids.length} ${ids.length === 1 ? 'sequence has' : 'sequences have'} a row of zeros: ${named}; such a row means: nothing to count`,
      );
    },
  );
  await fc.assert(property);
});
