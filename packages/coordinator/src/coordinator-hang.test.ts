import { expect, test } from 'vitest';
import { good, start, working } from './testing/fake-run.js';

test('a worker without progress for the limit is asked to exit, then killed, and its shard retried', async () => {
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
  // It dies of the SIGTERM that the coordinator sent: not a preemption.
  expect(run.of('failed')).toMatchObject([
    { kind: 'transient', message: 'the worker made no progress for 5 s' },
  ]);
  expect(run.clock.now()).toBe(5000 + 2000 + 1000);
});

test('a worker that heeds SIGTERM gets no SIGKILL', async () => {
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

test('every message counts as progress, even a heartbeat, and an idle worker is not watched', async () => {
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

test('a worker that hangs while starting is stopped too, and counts as a start-up failure', async () => {
  const run = start(() => undefined, { shards: [0], stallMs: 5000 });
  await run.clock.drain();
  expect(run.of('stalled')).toHaveLength(3);
  expect((await run.outcome).startupFailure).toBe('the worker made no progress for 5 s');
});

test('a worker that was only slow completes its shard, and is replaced all the same', async () => {
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

test('time during which everything was suspended does not count against the workers', async () => {
  const run = start(
    working(async (worker, shard) => {
      await run.clock.sleep(3000, new AbortController().signal);
      if (shard === 0) worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1], stallMs: 5000, stallGraceMs: 0 },
  );
  await run.clock.advance(2000);
  await run.clock.jump(1_000_000);
  await run.clock.advance(4999 - 2000);
  expect(run.of('stalled')).toEqual([]);
  expect(run.of('complete')).toHaveLength(1);
  // Shard 1 never completes; its worker got the whole limit, counted from the assignment.
  await run.clock.advance(5000);
  expect(run.of('stalled')).toMatchObject([{ shard: 1, silentMs: 5000 }]);
  run.coordinator.stop('SIGTERM');
  await run.clock.drain();
});

test('many short pauses do not count against them either', async () => {
  const run = start(
    working(async (worker, shard) => {
      await run.clock.sleep(1e9, new AbortController().signal);
      worker.say({ type: 'complete', shard });
    }),
    { shards: [0], stallMs: 600_000 },
  );
  // As on a node whose users take turns.
  for (let turns = 0; turns < 19; turns++) {
    await run.clock.advance(30_000);
    await run.clock.jump(30_000);
  }
  expect(run.of('stalled')).toEqual([]);
  for (let turns = 0; turns < 4; turns++) {
    await run.clock.advance(30_000);
    await run.clock.jump(30_000);
  }
  expect(run.of('stalled')).toHaveLength(1);
  run.coordinator.stop('SIGTERM');
  await run.clock.drain();
});

test('a worker that was suspended for a while and then hangs is stopped eventually', async () => {
  const run = start(
    working((worker, shard, attempt) => {
      if (attempt > 1) worker.say({ type: 'complete', shard });
    }),
    { shards: [0], stallMs: 5000 },
  );
  await run.clock.advance(3500);
  await run.clock.jump(60_000);
  expect(run.of('stalled')).toEqual([]);
  await run.clock.advance(1500);
  expect(run.of('stalled')).toHaveLength(1);
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
});

test('a worker that is still starting when the run ends is not waited for', async () => {
  const run = start(
    (worker, message) => {
      if (worker.slot !== 1) return good(worker, message);
    },
    { shards: [0, 1], slots: 2, graceMs: 30_000 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0, 1]);
  expect(run.workers.all[1]?.signals).toEqual(['SIGKILL']);
  expect(run.clock.now()).toBe(0);
});
