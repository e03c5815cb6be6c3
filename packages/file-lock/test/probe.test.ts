import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileLock } from '../src/file-lock.js';
import { lookAtLock } from '../src/probe.js';

let path: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'look-')), 'a.lock');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function child(script: string, ...args: string[]): Promise<ChildProcess> {
  const started = fork(fileURLToPath(new URL(script, import.meta.url)), [path, ...args]);
  children.push(started);
  await once(started, 'message');
  return started;
}

const states = process.platform === 'linux' ? ['held', 'free'] : ['unknown', 'unknown'];

test('a missing file is no lock, and looking does not make it', async () => {
  expect(await lookAtLock(path)).toEqual({ state: 'missing', holder: null, since: null });
  expect(existsSync(path)).toBe(false);
});

test('it is seen who holds a lock, since when, and when its process is gone', async () => {
  const holder = await child('./lock-holder.mjs', 'alone');
  const name = `process ${holder.pid} on ${hostname()}`;
  const since = statSync(path).mtimeMs;
  expect(await lookAtLock(path)).toEqual({ state: states[0], holder: name, since });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await lookAtLock(path)).toEqual({ state: states[1], holder: name, since });
});

test('a shared lock is held, too', async () => {
  await child('./lock-holder.mjs', 'shared');
  expect((await lookAtLock(path)).state).toBe(states[0]);
});

test("one's own lock is seen, and is still held afterwards", async () => {
  await using lock = await FileLock.acquire(path);
  expect((await lookAtLock(lock.path)).state).toBe(states[0]);
  await expect(FileLock.acquire(path, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'lock_timeout' });
});

test('looking keeps nobody from the lock, and changes nothing', async () => {
  await writeFile(path, 'as it was');
  const before = statSync(path, { bigint: true });
  await child('./lock-looker.mjs');
  const after = statSync(path, { bigint: true });
  expect([after.mtimeNs, after.ctimeNs, await readFile(path, 'utf8')]).toEqual([
    before.mtimeNs,
    before.ctimeNs,
    'as it was',
  ]);
  for (let i = 0; i < 3000; i++) await (await FileLock.acquire(path, { timeoutMs: 0 })).release();
});

test('a lock file that may not be read says nothing', async () => {
  if (process.getuid?.() === 0) return;
  await writeFile(path, '');
  await chmod(path, 0o000);
  expect(await lookAtLock(path)).toMatchObject({ state: 'unknown', holder: null });
});

test('another path is refused', async () => {
  await expect(lookAtLock(undefined as never)).rejects.toMatchObject({ code: 'invalid_option' });
});
