import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Coordinator } from '../src/coordinator.js';
import type { CoordinatorEvent } from '../src/events.js';
import type { CoordinatorOptions } from '../src/options.js';
import { forkWorkers } from '../src/processes/fork-workers.js';
import type { WorkerProcess } from '../src/processes/worker-process.js';
import { WorkerUnreachableError } from '../src/processes/worker-unreachable-error.js';

const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));
const soon = { backoffBaseSec: 0.001, spotRetryPollInterval: 0.001 };

/** Runs real workers; calls `act` on each event with its worker's pid. */
async function run(
  mode: string,
  options: Partial<CoordinatorOptions> = {},
  act: (event: CoordinatorEvent, coordinator: Coordinator, pid: number) => void = () => undefined,
) {
  const events: CoordinatorEvent[] = [];
  const pids: number[] = [];
  const coordinator: Coordinator = new Coordinator({
    slots: 1,
    shards: [0],
    spawn: forkWorkers({
      modulePath: script('worker.mjs'),
      args: [mode],
      env: (slot) => ({ ...process.env, SLOT: `${slot}` }),
    }),
    policy: soon,
    onEvent(event) {
      events.push(event);
      if (event.type === 'spawned') pids[event.slot] = event.pid!;
      act(event, coordinator, 'slot' in event ? pids[event.slot]! : 0);
    },
    ...options,
  });
  const outcome = await coordinator.run();
  const of = <T extends CoordinatorEvent['type']>(type: T) =>
    events.filter((event): event is Extract<CoordinatorEvent, { type: T }> => event.type === type);
  return { outcome, events, of };
}

test('a worker killed during a shard is replaced, and the shard completed', async () => {
  let killed = false;
  const { outcome, of } = await run('normal', {}, ({ type }, _, pid) => {
    if (type !== 'progress' || killed) return;
    killed = true;
    process.kill(pid, 'SIGKILL');
  });
  expect(outcome).toEqual({ completed: [0], failed: [], stopped: null });
  expect(of('exited')).toMatchObject([{ signal: 'SIGKILL' }, { exitCode: 0, signal: null }]);
  expect(of('failed')).toMatchObject([{ shard: 0, kind: 'spot_preemption' }]);
  const [first, second] = of('spawned');
  expect(first?.pid).not.toBe(second?.pid);
});

test('a shard whose worker exits with 1 every time has failed after three retries', async () => {
  const { outcome, of } = await run('crash');
  expect(outcome.failed).toMatchObject([{ shard: 0, kind: 'transient' }]);
  expect(outcome.failed[0]?.message).toMatch('exhausted 3 retries: the worker exited with code 1');
  expect(of('exited').map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 1]);
});

test('many workers share many shards', async () => {
  const shards = Array.from({ length: 12 }, (_, i) => i);
  const { outcome, of } = await run('quick', { shards, slots: 3 });
  expect(outcome.completed.sort((a, b) => a - b)).toEqual(shards);
  expect(of('spawned')).toHaveLength(3);
  // A worker still starting at the end is not waited for; its `ready` may still arrive.
  const worked = new Set(of('assigned').map(({ slot }) => slot));
  for (const { slot, exitCode, signal } of of('exited'))
    expect(
      worked.has(slot)
        ? [[0, null]]
        : [
            [0, null],
            [null, 'SIGKILL'],
          ],
    ).toContainEqual([exitCode, signal]);
});

test('workers that cannot start end the run', async () => {
  const { outcome, of } = await run('unstartable');
  expect(outcome.startupFailure).toMatch('exited with code 9');
  expect(of('exited')).toHaveLength(3);
});

test('a stopped worker saves, and its last messages still arrive', async () => {
  const { outcome, of } = await run('saves', {}, ({ type }, coordinator) => {
    if (type === 'progress') coordinator.stop('SIGTERM');
  });
  expect(outcome).toEqual({ completed: [], failed: [], stopped: 'SIGTERM' });
  expect(of('checkpoint')).toMatchObject([{ shard: 0, reason: 'SIGTERM' }]);
  expect(of('exited')).toMatchObject([{ exitCode: 143 }]);
  expect(of('killed')).toEqual([]);
});

test('a worker that receives a signal itself saves, and counts as preempted', async () => {
  let signalled = false;
  const { outcome, of } = await run('saves', {}, ({ type }, _, pid) => {
    if (type !== 'progress' || signalled) return;
    signalled = true;
    process.kill(pid, 'SIGINT');
  });
  expect(outcome.completed).toEqual([0]);
  expect(of('checkpoint')).toMatchObject([{ reason: 'SIGINT' }]);
  expect(of('failed')).toMatchObject([{ kind: 'spot_preemption' }]);
});

test('a worker that ignores a stop is killed after the grace', async () => {
  const { outcome, of } = await run('deaf', { graceMs: 100 }, ({ type }, coordinator) => {
    if (type === 'progress') coordinator.stop('SIGTERM');
  });
  expect(outcome.stopped).toBe('SIGTERM');
  expect(of('killed')).toHaveLength(1);
  expect(of('exited')).toMatchObject([{ signal: 'SIGKILL' }]);
});

test('a worker that closed its channel saves, exits and is replaced', async () => {
  const { outcome, of } = await run('hangs-up');
  expect(outcome.completed).toEqual([0]);
  expect(of('output')[0]?.line).toBe('saving, since orphaned');
  expect(of('exited').map(({ exitCode }) => exitCode)).toEqual([143, 0]);
});

test('a message to a worker that is gone is refused', async () => {
  const spawnWorker = forkWorkers({ modulePath: script('worker.mjs'), args: ['unstartable'] });
  const worker = await new Promise<WorkerProcess>((resolve) => {
    const made = spawnWorker(0, 1, {
      message: () => undefined,
      output: () => undefined,
      exit: () => resolve(made),
    });
  });
  expect(() => worker.send({ type: 'finish' })).toThrow(WorkerUnreachableError);
  worker.kill('SIGKILL');
});

test('every line of both streams arrives before the exit is reported, long ones cut', async () => {
  const { events, of } = await run('talk', { output: { burst: 10_000 } });
  const stdout = of('output').filter(({ stream }) => stream === 'stdout');
  expect(stdout[0]?.line).toBe('x'.repeat(65_536));
  expect(stdout).toHaveLength(1 + 5000 + 1);
  expect(stdout.at(-1)?.line).toBe('no end');
  expect(of('output')).toContainEqual({ type: 'output', slot: 0, stream: 'stderr', line: 'slot 0' });
  expect(events.at(-1)?.type).toBe('exited');
});

test('output printed after the worker exited is reported before its exit', async () => {
  const { events } = await run('outlived');
  expect(events.slice(-2)).toMatchObject([
    { type: 'output', line: 'late' },
    { type: 'exited', exitCode: 0 },
  ]);
});

test('workers share the process group', async () => {
  const groups: string[] = [];
  await run('quick', {}, ({ type }, _, pid) => {
    if (type !== 'ready') return;
    for (const each of [pid, process.pid]) {
      groups.push(execFileSync('ps', ['-o', 'pgid=', '-p', `${each}`], { encoding: 'utf8' }).trim());
    }
  });
  expect(groups[0]).toMatch(/^\d+$/);
  expect(groups[0]).toBe(groups[1]);
});

test('a worker whose coordinator is killed saves and ends', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'orphan-')), 'socket');
  const server = createServer().listen(path);
  await once(server, 'listening');
  const connected = once(server, 'connection');
  const parent = fork(script('orphan-maker.mjs'), [path], { execArgv: [] });
  const [pid] = (await once(parent, 'message')) as [number];
  expect(alive(pid)).toBe(true);
  const [socket] = (await connected) as [Socket];
  parent.kill('SIGKILL');
  expect(await text(socket)).toBe('saved, since orphaned');
  await expect.poll(() => alive(pid), { timeout: 20_000 }).toBe(false);
  server.close();
});

test('a worker that never had a coordinator exits immediately', async () => {
  const child = spawn(process.execPath, [script('worker.mjs'), 'saves'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  expect(output).toMatch('saving, since orphaned');
  expect(code).toBe(143);
});

/** One that exited but has not been reaped yet is not alive. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
