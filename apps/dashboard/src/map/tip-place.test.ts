import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tipPlace } from './tip-place.js';

it('is within the map and beside its point, wherever that is', () => {
  const size = fc.record({
    width: fc.integer({ min: 200, max: 2000 }),
    height: fc.integer({ min: 200, max: 900 }),
  });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(size, share, share, ({ width, height }, across, down) => {
      const [x, y] = [across * width, down * height];
      const { left, right, top, bottom, maxWidth } = tipPlace([x, y], { width, height });
      const wide = Number.parseInt(maxWidth!, 10);
      expect(wide).toBeGreaterThan(70);
      const start =
        left === undefined ? width - Number.parseInt(right!, 10) - wide : Number.parseInt(left, 10);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start + wide).toBeLessThanOrEqual(width);
      expect(start > x || start + wide < x).toBe(true);
      // Half of the height is left for it.
      const from =
        top === undefined ? height - Number.parseInt(bottom!, 10) : height - Number.parseInt(top, 10);
      expect(from).toBeGreaterThan(height / 2 - 16);
    }),
  );
});
