import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Coordinator } from '../src/coordinator.js';
import type { CoordinatorEvent } from '../src/events.js';
import { forkWorkers } from '../src/processes/fork-workers.js';
import { alive } from './alive.js';

const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

/**
 * Runs one shard with workers that misbehave in one way. Calls `act` on each event with its worker's pid.
 */
async function run(
  mode: string,
  act: (event: CoordinatorEvent, coordinator: Coordinator, pid: number) => void = () => undefined,
) {
  const events: CoordinatorEvent[] = [];
  const pids: number[] = [];
  const coordinator: Coordinator = new Coordinator({
    slots: 1,
    shards: [0],
    spawn: forkWorkers({ modulePath: script('stubborn-worker.mjs'), args: [mode] }),
    policy: { backoffBaseSec: 0.001, spotRetryPollInterval: 0.001 },
    graceMs: 200,
    onEvent(event) {
      events.push(event);
      if (event.type === 'spawned') pids.push(event.pid!);
      act(event, coordinator, pids.at(-1)!);
    },
  });
  const outcome = await coordinator.run();
  // No worker is left, however the run ended.
  expect(pids.filter(alive)).toEqual([]);
  const of = <T extends CoordinatorEvent['type']>(type: T) =>
    events.filter((event): event is Extract<CoordinatorEvent, { type: T }> => event.type === type);
  return { outcome, of };
}

test('100 MB of output do not fill the memory, and the run completes', async () => {
  // If kept, they would not fit.
  const coordinator = fork(script('flooded-coordinator.mjs'), { execArgv: ['--max-old-space-size=32'] });
  let said: { outcome: object; last: string; grown: number } | undefined;
  coordinator.on('message', (message) => {
    said = message as typeof said;
  });
  // Any message it sent has been reported by then.
  expect(await once(coordinator, 'close')).toEqual([0, null]);
  expect(said).toMatchObject({ outcome: { completed: [0], failed: [] }, last: 'the flood is over' });
  expect(said?.grown).toBeLessThan(100e6);
});

test('a worker that ignores SIGTERM, and a stop, is killed after the grace', async () => {
  const { outcome, of } = await run('ignores', (event, coordinator, pid) => {
    if (event.type === 'progress') process.kill(pid, 'SIGTERM');
    if (event.type === 'output') coordinator.stop('SIGTERM');
  });
  expect(of('output')).toMatchObject([{ line: 'heard SIGTERM' }]);
  expect(outcome).toMatchObject({ completed: [], failed: [], stopped: 'SIGTERM' });
  expect(of('killed')).toHaveLength(1);
  expect(of('exited')).toMatchObject([{ signal: 'SIGKILL' }]);
});

test('a worker whose model call never returns hears no stop, and is killed after the grace', async () => {
  const { outcome, of } = await run('blocked', (event, coordinator) => {
    if (event.type === 'progress') coordinator.stop('SIGINT');
  });
  expect(outcome).toMatchObject({ completed: [], failed: [], stopped: 'SIGINT' });
  expect(of('killed')).toHaveLength(1);
  expect(of('exited')).toMatchObject([{ signal: 'SIGKILL' }]);
});

test('a blocked worker that is stopped twice is killed immediately', async () => {
  const { outcome, of } = await run('blocked', (event, coordinator) => {
    if (event.type !== 'progress') return;
    coordinator.stop('SIGINT');
    coordinator.stop('SIGINT');
  });
  expect(outcome.stopped).toBe('SIGINT');
  expect(of('killed')).toMatchObject([{ reason: 'stopped twice' }]);
});

test('exit code 0 without a report is a failure, retried like any other', async () => {
  const { outcome, of } = await run('quits');
  expect(outcome.completed).toEqual([]);
  expect(outcome.failed).toMatchObject([{ shard: 0, kind: 'transient' }]);
  expect(outcome.failed[0]?.message).toMatch(
    'exhausted 3 retries: the worker exited with code 0 before shard 0',
  );
  expect(of('exited').map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
});

test.each([
  ['waits for nothing', 'stays'],
  ['is blocked', 'stays-blocked'],
])(
  'a worker that reports its shard complete, and then %s, is killed, and the shard counts',
  async (_, mode) => {
    const { outcome, of } = await run(mode);
    expect(outcome).toMatchObject({ completed: [0], failed: [], stopped: null });
    expect(of('killed')).toHaveLength(1);
    expect(of('exited')).toMatchObject([{ signal: 'SIGKILL' }]);
  },
);
