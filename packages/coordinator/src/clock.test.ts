import { expect, test } from 'vitest';
import { after, systemClock } from './clock.js';
import { FakeClock } from './testing/index.js';

test('calls back when due, and not if cancelled', async () => {
  const clock = new FakeClock();
  const log: string[] = [];
  after(clock, 10, () => log.push(`at ${clock.now()}`));
  after(clock, 5, () => log.push('never'))();
  await clock.drain();
  expect(log).toEqual(['at 10']);
});

test('may be cancelled in the very turn in which it is due', async () => {
  const log: string[] = [];
  // Its sleep ends before anything can abort it.
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  const cancel = after(clock, 0, () => log.push('called'));
  cancel();
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual([]);
});

test('a sleep on the machine clock ends when aborted, however long it was set to', async () => {
  const abort = new AbortController();
  const nap = systemClock.sleep(1e12, abort.signal);
  const before = systemClock.now();
  await systemClock.sleep(1, new AbortController().signal);
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  abort.abort();
  await expect(nap).rejects.toThrow('abort');
});
