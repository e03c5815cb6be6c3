import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLock } from '@holdfast/file-lock';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FolderNotice } from './folder-notice.js';
import { type Layout, layout } from './layout.js';
import { lockFolder, oldWorkersLimit, waitForOldWorkers } from './lock-folder.js';
import { BusyError } from './run-folder-error.js';

let place: Layout;
beforeEach(async () => {
  place = layout(await mkdtemp(join(tmpdir(), 'lock-folder-')));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => void vi.useRealTimers());

const failed = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => {
      if (error instanceof BusyError) return error;
      throw error;
    },
  );

test('a folder in use by another command becomes free later: exit code 1, and rerun', async () => {
  await using _other = await FileLock.acquire(place.lock);
  const { code, message } = await failed(lockFolder(place));
  expect(code).toBe('busy');
  expect(message).toMatch(
    /lock-folder-\w+ is in use by another command \(.* locked by process \d+ on .*\); wait for it to end, then rerun the same command/,
  );
});

test('workers get their grace and more, and at least a minute', () => {
  expect([0, 30_000, 45_000, 600_000].map(oldWorkersLimit)).toEqual([60_000, 60_000, 75_000, 630_000]);
});

test('a wait for workers of an earlier run is reported with its limit, and past it ends with 1, and rerun', async () => {
  await using _worker = await FileLock.acquire(place.workersLock, { shared: true });
  const notices: FolderNotice[] = [];
  const { signal } = new AbortController();
  const waiting = failed(
    waitForOldWorkers(place, { limitMs: 630_000, report: (event) => notices.push(event), signal }),
  );
  await vi.waitUntil(() => notices.length > 0);
  vi.advanceTimersByTime(629_000);
  const seconds = notices.map((event) => event.type === 'waiting' && [event.seconds, event.limit_seconds]);
  const later = Array.from({ length: 11 }, (_, i) => 10 + 60 * i);
  expect(seconds).toEqual([0, ...later].map((each) => [each, 630]));
  vi.advanceTimersByTime(2000);
  expect(await waiting).toMatchObject({
    code: 'busy',
    message: expect.stringMatching(
      /still running after 630 s; wait for them to exit, .*rerun the same command/,
    ),
  });
});

test('the wait lasts until workers exit, and a stop ends it', async () => {
  const report = () => undefined;
  const { signal } = new AbortController();
  const worker = await FileLock.acquire(place.workersLock, { shared: true });
  const waiting = waitForOldWorkers(place, { limitMs: 60_000, report, signal });
  const reason = new Error('stopped');
  const stopped = waitForOldWorkers(place, { limitMs: 60_000, report, signal: AbortSignal.abort(reason) });
  await expect(stopped).rejects.toBe(reason);
  await worker.release();
  await waiting;
});
