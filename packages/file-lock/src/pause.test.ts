import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMostlyFree, pauseMs, usualAfter } from './pause.js';

const ms = fc.double({ min: 0.001, max: 1e6, noNaN: true });

test('a lock that is mostly free is asked for again after 1 ms, and then less often, every 20 ms', () => {
  const pauses = Array.from({ length: 12 }, (_, pauses) => pauseMs({ pauses, waitedMs: 1, usualMs: 0 }));
  expect(pauses.slice(0, 3)).toEqual([1, 1.5, 2.25]);
  expect(pauses.at(-1)).toBe(20);
});

test('nobody pauses longer than a second, or less than before', () => {
  fc.assert(
    fc.property(fc.nat(1000), ms, ms, (pauses, waitedMs, usualMs) => {
      const pause = pauseMs({ pauses, waitedMs, usualMs });
      expect(pause).toBeGreaterThanOrEqual(Math.min(1.5 ** pauses, 20));
      expect(pause).toBeLessThanOrEqual(1000);
    }),
  );
});

test('however long the wait, a process asks a number of times that hardly grows', () => {
  const asked = (waitMs: number) => {
    let count = 0;
    for (let waitedMs = 0; waitedMs < waitMs; count++)
      waitedMs += pauseMs({ pauses: count, waitedMs: Math.max(waitedMs, 1), usualMs: 0 });
    return count;
  };
  // Every 20 ms it would be 1,500.
  expect(asked(30_000)).toBeLessThan(200);
  expect(asked(30_000) - asked(3000)).toBeLessThan(100);
});

test('the longer one has waited beyond the usual, the more often it asks', () => {
  const longer = fc.double({ min: 1, max: 100, noNaN: true });
  fc.assert(
    fc.property(fc.double({ min: 400, max: 8000, noNaN: true }), longer, longer, (usualMs, one, other) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      const newcomer = pauseMs({ pauses: 20, waitedMs: 1, usualMs });
      const pauseAfter = (times: number) => pauseMs({ pauses: 20, waitedMs: times * usualMs, usualMs });
      expect(pauseAfter(more)).toBeLessThanOrEqual(pauseAfter(less));
      expect(pauseAfter(less)).toBeLessThanOrEqual(newcomer);
    }),
  );
  expect(pauseMs({ pauses: 20, waitedMs: 8000, usualMs: 4000 })).toBe(250);
});

test('a crowd is noticed, a single long wait is not, and both are forgotten', () => {
  const after = (usualMs: number, waits: number[], free: boolean) =>
    waits.reduce((usual, waitedMs) => usualAfter(usual, { waitedMs, free }), usualMs);
  expect(after(0, Array(20).fill(3000), false)).toBeGreaterThan(2900);
  expect(isMostlyFree(after(0, [60], false))).toBe(true);
  expect(isMostlyFree(after(5000, Array(30).fill(0), true))).toBe(true);
  // In a crowd, somebody is quick now and then.
  expect(isMostlyFree(after(5000, Array(30).fill(0), false))).toBe(false);
});
