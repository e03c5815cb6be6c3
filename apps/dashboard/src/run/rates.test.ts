import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rates } from './rates.js';

const at = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString();

it('spreads the rows of a checkpoint over the time since the one before', () => {
  const checkpoints = [
    { at: at(10_000), shard: 0, rows: 100 },
    { at: at(20_000), shard: 0, rows: 200 },
  ];
  const found = rates({ checkpoints }, 1_800_000_000_000, 1_800_000_040_000, 4)!;
  expect(found.perSecond.map(Math.round)).toEqual([10, 20, 0, 0]);
  expect(rates({ checkpoints: [] }, null, 0, 4)).toBeNull();
});

it('loses no row, whatever landed when', () => {
  const saves = fc.array(
    fc.record({ ms: fc.nat(100_000), shard: fc.nat(3), rows: fc.integer({ min: 0, max: 1000 }) }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(saves, fc.integer({ min: 1, max: 90 }), (all, spans) => {
      const checkpoints = all.sort((a, b) => a.ms - b.ms).map(({ ms, ...save }) => ({ ...save, at: at(ms) }));
      const { start, end, perSecond } = rates({ checkpoints }, null, 1_800_000_100_000, spans)!;
      const sum = perSecond.reduce((total, rate) => total + (rate * (end - start)) / 1000 / spans, 0);
      expect(sum).toBeCloseTo(
        all.reduce((total, { rows }) => total + rows, 0),
        3,
      );
    }),
  );
});
