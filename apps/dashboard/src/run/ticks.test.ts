import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ticksTo } from './ticks.js';

it('goes no higher than the data ask for', () => {
  expect(ticksTo(2500)).toEqual([0, 1000, 2000, 3000]);
  expect(ticksTo(50)).toEqual([0, 20, 40, 60]);
  expect(ticksTo(0)).toEqual([0, 1]);
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e8, noNaN: true }), (most) => {
      const ticks = ticksTo(most);
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(5);
      expect(ticks.at(-1)!).toBeGreaterThanOrEqual(most * 0.999);
      expect(ticks.at(-1)!).toBeLessThanOrEqual(most * 1.5);
    }),
  );
});
