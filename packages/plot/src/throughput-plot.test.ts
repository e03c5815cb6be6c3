import { expect, it } from 'vitest';
import { throughputPlot } from './throughput-plot.js';

const START = Date.parse('2027-01-01T00:00:00.000Z');
const at = (second: number) => new Date(START + second * 1000).toISOString();

it('draws the rate, the checkpoints, and where the run went on after a stop', () => {
  const picture = throughputPlot(
    'Throughput of out',
    { start: START, step: 60_000, perSecond: [200_000, 0, 150_000], unsaved: 0, resumed: [START + 120_000] },
    [
      { at: at(60), shard: 0, rows: 12_000_000 },
      { at: at(180), shard: 0, rows: 9_000_000 },
    ],
  );
  expect(picture).toContain('>Time since the start in minutes<');
  expect(picture).toContain('21,000,000 sequences in 2 checkpoints');
  expect(picture).toContain('(ticks), mean 117,000 per second, since 2027-01-01 00:00 UTC; dashed: resumed<');
  expect(picture.match(/stroke-dasharray="5 4"><line /g)).toHaveLength(1);
  // The axis's name stands beside its numbers; the widest is 200,000.
  const [, name] = /transform="translate\(([\d.]+) /.exec(picture)!;
  expect(Number(name)).toBeLessThan(108 - 10 - 7 * 8.3);
});

it('counts what no checkpoint has yet, and marks none that landed after the end of the curve', () => {
  const picture = throughputPlot(
    'Throughput of out',
    { start: START, step: 60_000, perSecond: [100, 100], unsaved: 2000, resumed: [] },
    [
      { at: at(60), shard: 0, rows: 10_000 },
      { at: at(121), shard: 0, rows: 0 },
    ],
  );
  expect(picture).toContain(
    '10,000 sequences in 2 checkpoints (ticks) and 2,000 not saved yet, mean 100 per second',
  );
  expect(picture).not.toMatch(/x1="9[3-9]\d"/);
});
