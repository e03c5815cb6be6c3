import { expect, test } from 'vitest';
import { start, working } from './testing/fake-run.js';

test('a worker without progress for the limit is asked to end, then killed, and its shard tried again', async () => {
  const run = start(
    working((worker, shard, attempt) => {
      worker.say({ type: 'progress', shard, sequences: 1, nextBatch: 3 });
      worker.heedsSignals = false;
      if (attempt > 1) worker.say({ type: 'complete', shard });
    }),
    { shards: [0], stallMs: 5000, stallGraceMs: 2000 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.of('stalled')).toEqual([{ type: 'stalled', slot: 0, shard: 0, silentMs: 5000 }]);
  expect(run.workers.all[0]?.signals).toEqual(['SIGTERM', 'SIGKILL']);
  // Of SIGTERM it dies as we told it to: no preemption.
  expect(run.of('failed')).toMatchObject([
    { kind: 'transient', message: 'the worker made no progress for 5 s' },
  ]);
  expect(run.clock.now()).toBe(5000 + 2000 + 1000);
});

test('one that heeds SIGTERM needs no SIGKILL', async () => {
  const run = start(
    working((worker, shard, attempt) => {
      if (attempt > 1) worker.say({ type: 'complete', shard });
    }),
    { shards: [0], stallMs: 5000 },
  );
  await run.clock.drain();
  expect(run.workers.all[0]?.signals).toEqual(['SIGTERM']);
  expect((await run.outcome).completed).toEqual([0]);
});

test('whatever goes forward is progress, a heartbeat too; and an idle worker is not watched', async () => {
  const run = start(
    working(async (worker, shard) => {
      if (worker.slot === 1) return worker.say({ type: 'complete', shard });
      for (let i = 0; i < 20; i++) {
        await run.clock.sleep(4000, new AbortController().signal);
        worker.say(i % 2 === 0 ? { type: 'heartbeat' } : { type: 'progress', shard, sequences: 1 });
      }
      worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1], slots: 2, stallMs: 5000 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([1, 0]);
  expect(run.of('stalled')).toEqual([]);
});

test('a worker that hangs while it starts is ended as well, and counts as one that did not start', async () => {
  const run = start(() => undefined, { shards: [0], stallMs: 5000 });
  await run.clock.drain();
  expect(run.of('stalled')).toHaveLength(3);
  expect((await run.outcome).startupFailure).toBe('the worker made no progress for 5 s');
});

test('a worker that was only slow has done its shard, and is replaced all the same', async () => {
  const run = start(
    working(async (worker, shard) => {
      worker.heedsSignals = false;
      if (shard === 0) await run.clock.sleep(6000, new AbortController().signal);
      worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1], stallMs: 5000, stallGraceMs: 2000 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0, 1]);
  expect(run.of('assigned').map(({ shard, attempt }) => [shard, attempt])).toEqual([
    [0, 1],
    [1, 1],
  ]);
  expect(run.of('spawned')).toHaveLength(2);
});
