import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { workerChannel } from '../src/processes/worker-channel.js';
import { alive } from './alive.js';

const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

const started: { parent: ChildProcess; pid: number }[] = [];
afterEach(() => {
  for (const { parent, pid } of started.splice(0)) {
    parent.kill('SIGKILL');
    if (alive(pid)) process.kill(pid, 'SIGKILL');
  }
});

/** A coordinator whose worker's main thread is now blocked forever. */
async function blocked() {
  const parent = fork(script('blocked-worker.mjs'), { execArgv: [] });
  const [pid] = (await once(parent, 'message')) as [number];
  started.push({ parent, pid });
  return { parent, pid };
}

test('a blocked worker is killed after its coordinator was killed, and only then', async () => {
  const other = await blocked();
  const { parent, pid } = await blocked();
  expect(alive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => alive(pid), { timeout: 20_000 }).toBe(false);
  // Its watch is older, so it has checked at least as often.
  expect(alive(other.pid)).toBe(true);
}, 60_000);

test('the watch keeps no process alive, and prints nothing', async () => {
  const child = fork(script('idle-worker.mjs'), { silent: true, execArgv: [] });
  const output = [text(child.stdout!), text(child.stderr!)];
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(await Promise.all(output)).toEqual(['', '']);
});

test.each([-1, Number.NaN])('a grace of %d is refused', (orphanGraceMs) => {
  expect(() => workerChannel(process, { orphanGraceMs })).toThrow(RangeError);
});
