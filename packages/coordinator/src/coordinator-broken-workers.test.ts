import { expect, test } from 'vitest';
import { good, start } from './testing/fake-run.js';

test('three workers in a row that end before they are ready end the run; the others save first', async () => {
  const run = start(
    (worker, message) => {
      if (worker.slot > 0 && message.type === 'start') {
        worker.say({ type: 'failed', error: 'ENOENT', message: 'no model.onnx' });
        worker.exit(1);
      } else if (message.type !== 'assign') good(worker, message);
    },
    { shards: [0, 1, 2], slots: 2 },
  );
  await run.clock.drain();
  expect(await run.outcome).toEqual({
    completed: [],
    failed: [],
    stopped: null,
    startupFailure: 'no model.onnx',
  });
  expect(run.workers.all[0]?.received.at(-1)).toEqual({ type: 'stop', signal: 'SIGTERM' });
  expect(run.workers.all.map(({ slot }) => slot)).toEqual([0, 1, 1, 1]);
  expect(run.clock.now()).toBe(3000);
});

test('a worker that becomes ready ends the row of start-up failures', async () => {
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

test('a process that cannot be made is a start-up failure', async () => {
  const run = start(good, {
    shards: [0],
    spawn: () => {
      throw new Error('spawn EAGAIN');
    },
  });
  await run.clock.drain();
  expect((await run.outcome).startupFailure).toBe('spawn EAGAIN');
});

test('a worker that cannot be reached is killed, and its shard done by another', async () => {
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

test('a worker that failed, or was told to finish, and does not end is killed after the grace', async () => {
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
    'it failed, but did not end',
    'there is no work left, but it did not end',
  ]);
  expect(run.clock.now()).toBe(500 + 1000 + 500);
});
