import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { unlinkSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileLock } from '../src/file-lock.js';
import { LockTimeoutError } from '../src/lock-errors.js';

let path: string;
const holders: ChildProcess[] = [];
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'lock-')), 'a.lock');
});
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
});

async function holder(mode: 'alone' | 'shared'): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./lock-holder.mjs', import.meta.url)), [path, mode]);
  holders.push(child);
  await once(child, 'message');
  return child;
}

test('another process is excluded, and learns who holds the lock', async () => {
  const child = await holder('alone');
  for (const shared of [false, true]) {
    const error = await FileLock.acquire(path, { shared, timeoutMs: 0 }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect((error as Error).message).toContain(`process ${child.pid} on `);
  }
});

test('the lock of a process killed with SIGKILL is free again', async () => {
  const child = await holder('alone');
  const waiting = FileLock.acquire(path, { timeoutMs: 30_000 });
  child.kill('SIGKILL');
  await (await waiting).release();
});

test('sharers share it, and exclude an exclusive holder', async () => {
  await holder('shared');
  await holder('shared');
  await (await FileLock.acquire(path, { shared: true, timeoutMs: 0 })).release();
  await expect(FileLock.acquire(path, { timeoutMs: 0 })).rejects.toBeInstanceOf(LockTimeoutError);
});

test('a lock file that is removed during a wait neither blocks the waiter nor is held twice', async () => {
  const child = await holder('alone');
  const waiting = FileLock.acquire(path, { timeoutMs: 30_000 });
  // In one step, so the waiter cannot be the first to recreate it.
  unlinkSync(path);
  const now = await FileLock.acquire(path, { timeoutMs: 0 });
  child.kill('SIGKILL');
  let had = false;
  void waiting.then(() => {
    had = true;
  });
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(had).toBe(false);
  await now.release();
  await (await waiting).release();
});

test('two locks of one process exclude each other until released', async () => {
  const first = await FileLock.acquire(path);
  await expect(FileLock.acquire(path, { timeoutMs: 0 })).rejects.toBeInstanceOf(LockTimeoutError);
  await first.release();
  await (await FileLock.acquire(path, { timeoutMs: 0 })).release();
});

test('a waiter for sharers does not see the earlier holder', async () => {
  await (await FileLock.acquire(path)).release();
  await holder('shared');
  const error = await FileLock.acquire(path, { timeoutMs: 0 }).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'lock_timeout', holder: null });
});

test('an invalid wait, and one that is aborted before it begins, are refused', async () => {
  await expect(FileLock.acquire(path, { timeoutMs: Number.NaN })).rejects.toThrow(RangeError);
  await expect(FileLock.acquire(path, { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow(
    'over',
  );
});

test('a wait is ended by a signal, with its reason', async () => {
  await holder('alone');
  const stop = new AbortController();
  const waiting = FileLock.acquire(path, { signal: stop.signal });
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
