import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunEvent } from '../events.js';
import { longWork } from './waits.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test.each<[string, () => Promise<number>]>([
  ['ends', async () => 7],
  ['fails', () => Promise.reject(new Error('no'))],
])('a long step is reported after 10 s and then every minute, until it %s', async (_, end) => {
  const reported: RunEvent[] = [];
  let release: () => void = () => undefined;
  const work = new Promise<void>((resolve) => {
    release = resolve;
  }).then(end);
  const done = longWork(
    'checking it',
    (event) => reported.push(event),
    () => work,
  ).catch(() => 'failed');
  vi.advanceTimersByTime(75_000);
  expect(reported).toEqual([
    { type: 'waiting', reason: 'still checking it: 10 s so far', seconds: 10 },
    { type: 'waiting', reason: 'still checking it: 70 s so far', seconds: 70 },
  ]);
  release();
  await done;
  vi.advanceTimersByTime(600_000);
  expect(reported).toHaveLength(2);
});
