import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience, type Waiting } from './patience.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function watched(limitMs: number, firstMs?: number) {
  const told: Waiting[] = [];
  const limits: number[] = [];
  const patience = new Patience(limitMs, {
    ...(firstMs === undefined ? {} : { firstMs }),
    onWaiting: (waiting) => told.push(waiting),
    onLimit: (ms) => limits.push(ms),
  });
  return { patience, told, limits };
}

test('a wait is told after 10 s and then each minute, and given up at the limit, once', () => {
  const { told, limits } = watched(150_000);
  vi.advanceTimersByTime(400_000);
  expect(told.map(({ seconds }) => seconds)).toEqual([10, 70, 130]);
  expect(limits).toEqual([150_000]);
});

test('a sign of progress begins the wait again, and names what is done', () => {
  const { patience, told, limits } = watched(20_000, 5000);
  vi.advanceTimersByTime(4000);
  patience.progress('loading');
  vi.advanceTimersByTime(19_000);
  expect(limits).toEqual([]);
  expect(told.at(-1)).toEqual({ seconds: 10, limitSeconds: 20, stage: 'loading' });
  patience.end();
});

test('the first sign has a limit of its own', () => {
  const { limits } = watched(20_000, 5000);
  vi.advanceTimersByTime(30_000);
  expect(limits).toEqual([5000]);
});

test('time in which this process was suspended does not count', () => {
  const { patience, limits } = watched(20_000);
  vi.advanceTimersByTime(1000);
  // The clock of the process jumps, and its timers fire once.
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 3_600_000);
  vi.advanceTimersByTime(250);
  clock.mockRestore();
  expect(limits).toEqual([]);
  patience.end();
});

test('a wait without a limit is told for ever', () => {
  const { patience, told, limits } = watched(Number.POSITIVE_INFINITY);
  vi.advanceTimersByTime(200_000);
  expect([told.map(({ seconds }) => seconds), limits]).toEqual([[10, 70, 130, 190], []]);
  patience.end();
});
