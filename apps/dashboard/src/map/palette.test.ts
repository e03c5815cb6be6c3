import { expect, it } from 'vitest';
import { NONE, OTHER, painted, ramp } from './palette.js';

it('gives the largest categories colours of their own, and says how many each has', () => {
  const data = Uint16Array.from({ length: 200 }, (_, at) => (at < 100 ? 3 : at % 15));
  const names = Array.from({ length: 15 }, (_, at) => `c${at}`);
  const { colours, legend } = painted({ header: { kind: 'category', name: 'x', names }, data });
  if (legend.kind !== 'categories') throw new Error('a category has no ramp');
  expect(legend.entries[0]).toMatchObject({ name: 'c3', code: 3, count: 107 });
  expect(legend.entries.at(-1)).toMatchObject({ name: '5 others', code: null });
  expect(legend.entries.reduce((sum, { count }) => sum + count, 0)).toBe(200);
  expect([...colours.subarray(0, 3)]).toEqual([...legend.entries[0]!.colour]);
});

it('puts numbers on a ramp that outliers do not take', () => {
  const data = Float32Array.from({ length: 1000 }, (_, at) => (at === 5 ? 1e9 : at % 100));
  data[7] = Number.NaN;
  const { colours, legend } = painted({ header: { kind: 'number', name: 'Length', low: 0, high: 99 }, data });
  expect(legend).toMatchObject({ kind: 'ramp', low: 0, high: 99 });
  expect([...colours.subarray(20, 23)]).toEqual([...ramp(1)]);
  expect([...colours.subarray(28, 31)]).toEqual([...NONE]);
});

it('tells small categories from points without one', () => {
  const names = ['(no label)', ...Array.from({ length: 14 }, (_, at) => `c${at}`)];
  const data = Uint16Array.from({ length: 30 }, (_, at) => at % 15);
  const { colours, legend } = painted({ header: { kind: 'category', name: 'x', names }, data });
  if (legend.kind !== 'categories') throw new Error('a category has no ramp');
  expect(legend.entries.slice(-2)).toMatchObject([
    { name: '4 others', colour: OTHER },
    { name: '(no label)', colour: NONE },
  ]);
  expect([...colours.subarray(0, 3)]).toEqual([...NONE]);
  expect([...colours.subarray(14 * 4, 14 * 4 + 3)]).toEqual([...OTHER]);
});
