import { expect, test } from 'vitest';
import { FakeClock } from './index.js';

test('sleepers wake in order, each at its own time, including those that fall asleep on the way', async () => {
  const clock = new FakeClock();
  const log: string[] = [];
  const { signal } = new AbortController();
  const nap = async (name: string, ms: number) => {
    await clock.sleep(ms, signal);
    log.push(`${name} at ${clock.now()}`);
  };
  void nap('late', 30);
  void nap('early', 10).then(() => nap('again', 5));
  await clock.advance(20);
  expect(log).toEqual(['early at 10', 'again at 15']);
  expect([clock.now(), clock.pending]).toEqual([20, [30]]);
  await clock.drain();
  expect(log.at(-1)).toBe('late at 30');
});

test('after a jump, sleepers due on the way wake late', async () => {
  const clock = new FakeClock();
  const woken: number[] = [];
  for (const ms of [20, 10, 50])
    void clock.sleep(ms, new AbortController().signal).then(() => woken.push(ms));
  await clock.jump(30);
  expect([woken, clock.now(), clock.pending]).toEqual([[10, 20], 30, [50]]);
});

test('an aborted sleep rejects with the reason, and no sleeper is left', async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const nap = clock.sleep(10, abort.signal);
  abort.abort('enough');
  await expect(nap).rejects.toBe('enough');
  await expect(clock.sleep(10, abort.signal)).rejects.toBe('enough');
  expect(clock.pending).toEqual([]);
});
