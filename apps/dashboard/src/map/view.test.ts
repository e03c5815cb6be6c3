import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitted, moved, toMap, toScreen, whole, within, zoomed } from './view.js';

const size = { width: 800, height: 400 };
const coordinate = fc.double({ min: -1, max: 1, noNaN: true });
const place = fc.tuple(coordinate, coordinate);
const view = fc.record({
  x: coordinate,
  y: coordinate,
  scale: fc.double({ min: 60, max: 1e4, noNaN: true }),
});

it('places go to the screen and back', () => {
  fc.assert(
    fc.property(place, view, (at, from) => {
      const [x, y] = toMap(toScreen(at, from, size), from, size);
      expect(Math.hypot(x - at[0], y - at[1])).toBeLessThan(1e-9);
    }),
  );
});

it('what is under the pointer stays there', () => {
  const pixel = fc.tuple(fc.nat(800), fc.nat(400));
  fc.assert(
    fc.property(view, pixel, fc.double({ min: 0.2, max: 5, noNaN: true }), (from, pointer, by) => {
      const there = toMap(pointer, from, size);
      const [x, y] = toScreen(there, zoomed(from, by, pointer, size), size);
      expect(Math.hypot(x - pointer[0], y - pointer[1])).toBeLessThan(1e-5);
    }),
  );
  expect(toScreen([0, 0], moved(whole(size), 10, -5), size)).toEqual([410, 195]);
});

it('everything fits, and keeps its proportions', () => {
  expect([...fitted(Float32Array.of(0, 0, 4, 2))]).toEqual([-1, -0.5, 1, 0.5]);
  expect([...fitted(Float32Array.of(3, 3))]).toEqual([0, 0]);
  expect([...fitted(Float32Array.of(0, 0, Number.NaN, 2))]).toEqual([0, -1, 0, 1]);
});

it('a lasso takes what is inside, holes not', () => {
  const grid = Float32Array.from({ length: 50 }, (_, at) =>
    at % 2 === 0 ? Math.floor(at / 2) % 5 : Math.floor(at / 10),
  );
  const square = [
    [0.5, 0.5],
    [3.5, 0.5],
    [3.5, 3.5],
    [0.5, 3.5],
  ] as const;
  expect([...within(grid, square)]).toEqual([6, 7, 8, 11, 12, 13, 16, 17, 18]);
  expect([...within(grid, square.slice(0, 2))]).toEqual([]);
});
