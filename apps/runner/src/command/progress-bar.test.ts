import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderBar, renderDownload } from './progress-bar.js';

test('a bar has share, counts, speed and time left', () => {
  const bar = renderBar({ done: 250, total: 1000, perSecond: 12.4, secondsLeft: 3725 }, 100);
  expect(bar).toBe(`[${'#'.repeat(8)}${'-'.repeat(22)}] 25% 250/1,000 12 tokens/s 1:02:05 left`);
  expect(renderBar({ done: 0, total: 10, perSecond: null, secondsLeft: null }, 100)).toMatch(
    /0\/10 --:-- left$/,
  );
  expect(renderBar({ done: 10, total: 10, perSecond: 1, secondsLeft: 0 }, 100)).toContain('] 100% 10/10');
});

test('a bar never wraps, and never says 100 % too early', () => {
  const numbers = fc.record({
    total: fc.integer({ min: 1, max: 1e9 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    perSecond: fc.option(fc.double({ min: 0, max: 1e7, noNaN: true })),
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
      expect(text).toMatch(/^ \d+% [\d,]+\/[\d,]+( [\d,]+ tokens\/s)? (--:--|[\d:]+:\d\d) left$/);
      if (width >= text.length + 3) expect(bar.endsWith(`]${text}`)).toBe(true);
    }),
  );
});

test('a download has its model, bytes, speed and time left', () => {
  const facts = { type: 'downloading', model: 'facebook/esm2', bytes: 1.3e9, totalBytes: 2.6e9 } as const;
  const bar = renderDownload({ ...facts, bytesPerSecond: 52e6, secondsLeft: 25 }, 120);
  expect(bar).toMatch(/^\[#{15}-{15}\] 50% facebook\/esm2 1\.3 GB of 2\.6 GB 52\.0 MB\/s 00:25 left$/);
  expect(renderDownload({ ...facts, bytesPerSecond: null, secondsLeft: null }, 30)).toHaveLength(29);
});
