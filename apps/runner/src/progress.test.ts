import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Progress, renderBar } from './progress.js';

test('resumed rows count as done, but not in the rate', () => {
  const progress = new Progress(1000, 0);
  progress.resumed(0, 400);
  progress.embedded(0, 100);
  expect(progress.done).toBe(500);
  expect(progress.rate(10_000)).toEqual({ perSecond: 10, secondsLeft: 50 });
});

test('a shard that lost its worker goes back to what its checkpoints hold', () => {
  const progress = new Progress(100, 0);
  progress.resumed(1, 0);
  progress.embedded(1, 60);
  progress.resumed(1, 50);
  expect(progress.done).toBe(50);
  progress.embedded(1, 50);
  expect(progress.done).toBe(100);
});

test('no time left is told before anything is embedded', () => {
  expect(new Progress(10, 0).rate(0)).toEqual({ perSecond: 0, secondsLeft: null });
  expect(new Progress(10, 0).rate(1000)).toEqual({ perSecond: 0, secondsLeft: null });
});

test('a bar has share, counts, rate and time left', () => {
  const bar = renderBar({ done: 250, total: 1000, perSecond: 12.4, secondsLeft: 3725 }, 100);
  expect(bar).toBe(`[${'#'.repeat(8)}${'-'.repeat(22)}] 25% 250/1000 12 sequences/s 1:02:05 left`);
  expect(renderBar({ done: 0, total: 10, perSecond: 0, secondsLeft: null }, 100)).toContain('--:-- left');
  expect(renderBar({ done: 10, total: 10, perSecond: 1, secondsLeft: 0 }, 100)).toContain('] 100% 10/10');
});

test('a bar never wraps, and never says 100 % too early', () => {
  const numbers = fc.record({
    total: fc.integer({ min: 1, max: 1e9 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    perSecond: fc.double({ min: 0, max: 1e7, noNaN: true }),
    secondsLeft: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    width: fc.integer({ min: 0, max: 200 }),
  });
  fc.assert(
    fc.property(numbers, ({ total, share, width, ...rest }) => {
      const done = Math.floor(total * share);
      const bar = renderBar({ done, total, ...rest }, width);
      expect(bar.length).toBeLessThanOrEqual(Math.max(0, width - 1));
      if (done < total) expect(bar).not.toContain('100%');
      // The bar gives way before anything that is told does.
      const text = renderBar({ done, total, ...rest }, 1000).split(']')[1]!;
      expect(text).toMatch(/^ \d+% \d+\/\d+ \d+ sequences\/s (--:--|[\d:]+:\d\d) left$/);
      if (width >= text.length + 3) expect(bar.endsWith(`]${text}`)).toBe(true);
    }),
  );
});
