import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isFullDisk, isWorthTrying, RoomWait } from './room-wait.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const failure = (code: string) => Object.assign(new Error(`${code}: as told`), { code });

function roomWait() {
  const stop = new AbortController();
  const said: string[] = [];
  const wait = new RoomWait({
    folder: tmpdir(),
    signal: stop.signal,
    onFull: (problem) => said.push(problem),
    onRoom: () => said.push('room'),
  });
  return { wait, said, stop };
}

/** Work that fails some times. */
function failing(times: number, code = 'ENOSPC') {
  const work = vi.fn(async () => {
    if (work.mock.calls.length <= times) throw failure(code);
    return 'written';
  });
  return work;
}

test('only a full disk or quota is one, also as a cause', () => {
  expect(['ENOSPC', 'EDQUOT', 'EIO', 'EACCES'].map((code) => isFullDisk(failure(code)))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(isFullDisk(new AggregateError([new Error('x', { cause: failure('ENOSPC') })]))).toBe(true);
  expect(isFullDisk('ENOSPC')).toBe(false);
});

test.each([
  [{ waited: 999, least: 1000, free: 1e9, bytes: 10 }, false],
  [{ waited: 1000, least: 1000, free: 1e9, bytes: 10 }, true],
  [{ waited: 1000, least: 1000, free: 9, bytes: 10 }, false],
  // The system does not say, or what it says may be wrong.
  [{ waited: 1000, least: 1000, free: null, bytes: 10 }, true],
  [{ waited: 60_000, least: 1000, free: 9, bytes: 10 }, true],
])('%j: %s', (state, worth) => {
  expect(isWorthTrying(state)).toBe(worth);
});

test('a write that finds room says nothing; another failure is thrown at once', async () => {
  const { wait, said } = roomWait();
  expect(await wait.during(failing(0), 1)).toBe('written');
  await expect(wait.during(failing(1, 'EIO'), 1)).rejects.toThrow('EIO');
  expect(said).toEqual([]);
});

test('two writes wait: it is said once, and there is room when both are done', async () => {
  const { wait, said } = roomWait();
  const both = [wait.during(failing(1), 1), wait.during(failing(2, 'EDQUOT'), 1)];
  while (said.at(-1) !== 'room') await vi.advanceTimersByTimeAsync(1000);
  expect(await Promise.all(both)).toEqual(['written', 'written']);
  expect(said).toEqual(['ENOSPC: as told', 'room']);
});

test('a signal ends the wait with the failure, and nobody hears of room', async () => {
  const { wait, said, stop } = roomWait();
  const write = failing(9);
  const ended = expect(wait.during(write, 1)).rejects.toThrow('ENOSPC');
  await vi.advanceTimersByTimeAsync(0);
  stop.abort();
  await ended;
  expect(write).toHaveBeenCalledTimes(1);
  // What is written on the way out is not waited for either.
  await expect(wait.during(failing(1), 1)).rejects.toThrow('ENOSPC');
  expect(said).toEqual(['ENOSPC: as told']);
});
