import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ratesOf } from './rates.js';
import { throughputPlot } from './throughput-plot.js';

const time = fc.integer({ min: 0, max: 10_000_000 });
const shard = fc.integer({ min: 0, max: 3 });
const saves = fc.array(fc.record({ at: time, shard, rows: fc.integer({ min: 0, max: 1000 }) }), {
  minLength: 1,
  maxLength: 30,
});
const begun = fc.array(fc.record({ at: time, shard }), { maxLength: 10 });

it('spreads every row over time, and loses none', () => {
  fc.assert(
    fc.property(saves, begun, fc.option(time), (saved, starts, since) => {
      const rates = ratesOf(saved, starts, since)!;
      const rows = saved.reduce((sum, each) => sum + each.rows, 0);
      const drawn = rates.perSecond.reduce((sum, each) => sum + (each * rates.step) / 1000, 0);
      expect(drawn).toBeCloseTo(rows, 5);
      expect(rates.perSecond.length).toBeLessThanOrEqual(121);
      expect(rates.saved.at(-1)!.total).toBe(rows);
    }),
  );
});

it('knows that a shard was begun later than its last checkpoint, so a pause between two commands is empty', () => {
  const rates = ratesOf(
    [
      { at: 10_000, shard: 0, rows: 100 },
      { at: 1_000_000, shard: 0, rows: 100 },
    ],
    [
      { at: 0, shard: 0 },
      { at: 990_000, shard: 0 },
    ],
    null,
  )!;
  expect(rates.start).toBe(0);
  expect(rates.perSecond.filter((each) => each > 0).length).toBeLessThan(6);
  expect(rates.perSecond[0]).toBeCloseTo(10);
  expect(rates.perSecond.at(-1)).toBeCloseTo(10);
  const picture = throughputPlot('Throughput of out', rates);
  expect(picture).toContain('>Time since the start in minutes<');
  expect(picture).toContain('200 sequences in 2 checkpoints');
  expect(ratesOf([], [], null)).toBeNull();
});
