import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ShardStatus } from './judge/count-shards.js';
import { type Begun, embeddedIn, throughputOf } from './throughput.js';

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
  expect(perSecond.map((each) => Math.round(each * step) / 1000)).toEqual([100, ...Array(58).fill(0), 100]);
  expect(resumed).toEqual([from + 990_000]);
  expect(throughputOf([], [])).toBeNull();
});

const from = 1_800_000_000_000;
const rowsIn = ({ perSecond, step }: { perSecond: number[]; step: number }) =>
  perSecond.map((each) => Math.round(each * step) / 1000);

it('a steady run at work has a steady curve, whenever its checkpoints landed and each task counted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1000, max: 90_000 }), { maxLength: 30 }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 4, maxLength: 4 }),
      (gaps, rests) => {
        // Each shard embeds a row a millisecond from the beginning on.
        const ends = gaps.map((each) => each.reduce((sum, gap) => sum + gap, 0));
        // Each task counts at a time of its own; the curve goes as far as all did.
        const counts = gaps.map((_, shard) => ends[shard]! + rests[shard]!);
        const now = Math.min(...counts);
        const saved = gaps.flatMap((each, shard) => {
          let ms = 0;
          return each.map((gap) => {
            ms += gap;
            return { at: iso(ms), shard, rows: gap };
          });
        });
        const begins = gaps.map((_, shard) => ({ at: from, shard }));
        const embedded = {
          at: from + now,
          shards: counts.map((at, shard) => ({ shard, rows: at - ends[shard]!, at: from + at })),
        };
        const { start, step, perSecond, unsaved } = throughputOf(saved, begins, embedded)!;
        expect([start, start + step * perSecond.length]).toEqual([from, expect.closeTo(from + now, 0)]);
        for (const rate of perSecond) expect(rate / 1000 / gaps.length).toBeCloseTo(1, 6);
        expect(unsaved).toBe(rests.slice(0, gaps.length).reduce((sum, rest) => sum + rest, 0));
      },
    ),
  );
});

it('shows a run at work before its first checkpoint, and ends where the counts end', () => {
  const begins = [{ at: from, shard: 0 }];
  const embedded = { at: from + 60_000, shards: [{ shard: 0, rows: 600, at: from + 60_000 }] };
  const first = throughputOf([], begins, embedded)!;
  expect([first.start, first.step, rowsIn(first)]).toEqual([from, 1000, Array(60).fill(10)]);
  // A checkpoint that landed later reaches beyond the end.
  const later = throughputOf([{ at: iso(90_000), shard: 0, rows: 900 }], begins, embedded)!;
  expect([later.step, later.unsaved, rowsIn(later)]).toEqual([1000, 0, Array(60).fill(10)]);
  // One that is being read, or has nothing new, has no rows.
  expect(throughputOf([], [], embedded)).toBeNull();
});

it('nothing ran between a kill and the next command, though that records what a killed worker had written', () => {
  const save = (at: number, rows = 100) => ({ at: iso(at), shard: 0, rows });
  const begins: Begun[] = [
    { at: from, shard: 0, taken: from - 10 },
    { at: from + 100_000, shard: 0, taken: from + 99_000 },
  ];
  const saves = [save(10_000), save(20_000), save(99_500), save(110_000)];
  const { step, perSecond } = throughputOf(saves, begins)!;
  const bin = (ms: number) => perSecond[Math.floor(ms / step)];
  expect(rowsIn({ perSecond, step }).reduce((sum, rows) => sum + rows, 0)).toBeCloseTo(400, 1);
  // The third was written about as long after the second as that after the first.
  for (const ms of [32_000, 45_000, 60_000, 80_000, 97_000]) expect(bin(ms)).toBe(0);
  expect([bin(5000), bin(25_000)]).toEqual([expect.closeTo(10, 6), expect.closeTo(10, 6)]);
});

it('what is embedded has the time of its own count, and quarantined sequences are no rows to come', () => {
  const shard = (number: number, sequences_unsaved: number, embedded_at: string | null) =>
    ({ shard: number, status: 'in_progress', sequences_unsaved, embedded_at }) as ShardStatus;
  const complete = { ...shard(3, 0, iso(0)), status: 'complete' } as ShardStatus;
  const shards = [shard(0, 10, iso(45_000)), shard(1, 0, iso(2000)), shard(2, 0, null), complete];
  expect(embeddedIn({ embedded_at: iso(2000), shards })).toEqual({
    at: from + 2000,
    shards: [
      { shard: 0, rows: 10, at: from + 45_000 },
      { shard: 1, rows: 0, at: from + 2000 },
    ],
  });
  expect(embeddedIn({ embedded_at: null, shards })).toBeNull();
});
