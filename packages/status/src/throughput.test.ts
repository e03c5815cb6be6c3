import fc from 'fast-check';
import { expect, it } from 'vitest';
import { throughputOf } from './throughput.js';

const iso = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString();
const time = fc.integer({ min: 0, max: 10_000_000 });
const shard = fc.integer({ min: 0, max: 3 });
const saves = fc.array(fc.record({ at: time.map(iso), shard, rows: fc.integer({ min: 0, max: 1000 }) }), {
  minLength: 1,
  maxLength: 100,
});
const begun = fc.array(fc.record({ at: time.map((ms) => 1_800_000_000_000 + ms), shard }), { maxLength: 10 });

it('spreads every row over time, and loses none', () => {
  fc.assert(
    fc.property(saves, begun, (saved, starts) => {
      const { step, perSecond, start, resumed } = throughputOf(saved, starts)!;
      const rows = saved.reduce((sum, each) => sum + each.rows, 0);
      expect(perSecond.reduce((sum, each) => sum + (each * step) / 1000, 0)).toBeCloseTo(rows, 4);
      expect(perSecond.length).toBeLessThanOrEqual(60);
      for (const [at, moment] of resumed.entries()) {
        expect(moment).toBeGreaterThan(start);
        if (at > 0) expect(moment - resumed[at - 1]!).toBeGreaterThanOrEqual(step);
      }
    }),
  );
});

it('knows that a shard was begun later than its last checkpoint, so a pause between two commands is empty', () => {
  const from = 1_800_000_000_000;
  const { start, step, perSecond, resumed } = throughputOf(
    [
      { at: iso(10_000), shard: 0, rows: 100 },
      { at: iso(1_000_000), shard: 0, rows: 100 },
    ],
    [
      { at: from, shard: 0 },
      { at: from + 5000, shard: 1 },
      { at: from + 990_000, shard: 0 },
      { at: from + 990_500, shard: 1 },
    ],
  )!;
  expect(start).toBe(from);
  expect(perSecond.map((each) => Math.round(each * step) / 1000)).toEqual([100, 0, 0, 0, 0, 0, 0, 100]);
  expect(resumed).toEqual([from + 990_000]);
  expect(throughputOf([], [])).toBeNull();
});
