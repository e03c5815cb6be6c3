import { expect, test } from 'vitest';
import { good, start } from './testing/fake-run.js';

test('three workers in a row, over all slots, that exit before any was ready end the run', async () => {
  const run = start(
    (worker, message) => {
      if (message.type !== 'start') return good(worker, message);
      worker.say({ type: 'failed', error: 'ENOENT', message: 'no model.onnx' });
      worker.exit(1);
    },
    { shards: [0, 1, 2], slots: 2 },
  );
  await run.clock.drain();
  const ended = { completed: [], failed: [], stopped: null, startupFailure: 'no model.onnx' };
  expect(await run.outcome).toEqual(ended);
  expect(run.of('failed').length).toBeLessThanOrEqual(4);
});

test('a slot whose workers do not start is closed, and does not end a run whose other workers still load', async () => {
  const run = start(
    (worker, message) => {
      if (worker.slot === 3 && message.type === 'start') return worker.exit(1);
      if (message.type !== 'start') return good(worker, message);
      void run.clock.sleep(20_000, new AbortController().signal).then(() => worker.say({ type: 'ready' }));
    },
    { shards: [0, 1, 2, 3, 4, 5, 6, 7], slots: 8 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(run.of('slot_closed')).toMatchObject([{ slot: 3 }]);
  expect(run.of('spawned').filter(({ slot }) => slot === 3)).toHaveLength(3);
});

test('a slot whose workers exit before ready three times is closed; the others do all the work', async () => {
  const run = start(
    (worker, message) => {
      if (worker.slot !== 1 || message.type !== 'start') return good(worker, message);
      worker.say({ type: 'failed', error: 'no_device', message: 'cuda:1 is gone' });
      worker.exit(1);
    },
    {
      shards: [0, 1, 2, 3, 4, 5],
      slots: 2,
    },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a worker that becomes ready resets the count of start-up failures', async () => {
  let started = 0;
  const run = start(
    (worker, message) => {
      if (message.type === 'start' && ++started % 3 !== 0) worker.exit(1);
      else if (message.type === 'assign' && started < 9) worker.exit(1);
      else good(worker, message);
    },
    { shards: [0] },
  );
  await run.clock.drain();
  expect(await run.outcome).toEqual({ completed: [0], failed: [], stopped: null });
  expect(started).toBe(9);
});

test('a process that cannot be spawned is a start-up failure', async () => {
  const run = start(good, {
    shards: [0],
    spawn: () => {
      throw new Error('spawn EAGAIN');
    },
  });
  await run.clock.drain();
  expect((await run.outcome).startupFailure).toBe('spawn EAGAIN');
});

test('an unreachable worker is killed, and another does its shard', async () => {
  const run = start(
    (worker, message) => {
      if (worker.attempt === 1) worker.reachable = false;
      good(worker, message);
    },
    { shards: [0] },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.workers.all.map(({ signals }) => signals)).toEqual([['SIGKILL'], []]);
});

test('a worker that failed, or was asked to finish, and does not exit is killed after the grace', async () => {
  const run = start(
    (worker, message) => {
      if (message.type === 'finish') return;
      if (message.type === 'assign' && message.attempt === 1) {
        worker.say({ type: 'failed', shard: message.shard, error: 'x', message: 'stuck' });
      } else good(worker, message);
    },
    { shards: [0], graceMs: 500 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.of('failed')).toMatchObject([{ message: 'stuck' }]);
  expect(run.of('killed').map(({ reason }) => reason)).toEqual([
    'it failed, but did not exit',
    'no work is left, but it did not exit',
  ]);
  expect(run.clock.now()).toBe(500 + 1000 + 500);
});

test.each(['start', 'assign'])(
  'a worker that finds at its %s that nobody can do the work ends the run; no shard fails, and the others save',
  async (when) => {
    const stopped: number[] = [];
    const run = start(
      (worker, message) => {
        if (message.type === 'stop') {
          stopped.push(worker.slot);
          return worker.exit(143);
        }
        if (worker.slot !== 1) return message.type === 'assign' ? undefined : good(worker, message);
        if (message.type !== when) return good(worker, message);
        worker.say({ type: 'failed', error: 'unworkable', message: 'the weights changed' });
        worker.exit(1);
      },
      { shards: [0, 1, 2], slots: 2 },
    );
    await run.clock.drain();
    expect(await run.outcome).toEqual({
      completed: [],
      failed: [],
      stopped: null,
      unworkable: 'the weights changed',
    });
    expect(run.of('failed')).toHaveLength(1);
    expect(run.of('retry')).toEqual([]);
    expect(stopped).toEqual([0]);
  },
);
