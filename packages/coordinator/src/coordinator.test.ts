import { expect, test } from 'vitest';
import type { Clock } from './clock.js';
import { Coordinator } from './coordinator.js';
import { ShardReportError } from './shards/shard-report-error.js';
import { good, start, working } from './testing/fake-run.js';
import { FakeWorkers } from './testing/index.js';

test('a worker takes one shard after another, and is asked to finish when none is left', async () => {
  const { workers, outcome, coordinator } = start(good, { shards: [3, 1, 2] });
  expect(await outcome).toEqual({ completed: [3, 1, 2], failed: [], stopped: null });
  expect(workers.all.map(({ received }) => received.map(({ type }) => type))).toEqual([
    ['assign', 'assign', 'assign', 'finish'],
  ]);
  expect(await coordinator.run()).toBe(await outcome);
});

test('no more workers are started than there are shards', async () => {
  const { workers, outcome } = start(good, { shards: [0, 1], slots: 8 });
  await outcome;
  expect(workers.all.map(({ slot }) => slot)).toEqual([0, 1]);
  expect(await start(good, { shards: [] }).outcome).toEqual({ completed: [], failed: [], stopped: null });
});

test.each(Array.from({ length: 30 }, (_, i) => (i + 1) / 10))(
  'a back-off that ends during a check for due work is not missed: a timer that fires %d ms early',
  async (early) => {
    // Node's timers may fire a little early, and time passes during the check.
    let time = 0;
    const clock: Clock = {
      now: () => {
        time += 0.25;
        return time;
      },
      async sleep(ms, signal) {
        await turn();
        signal.throwIfAborted();
        time += Math.max(0, ms - early);
      },
    };
    const script = working((worker, shard, attempt) => {
      if (attempt > 1) return worker.say({ type: 'complete', shard });
      worker.say({ type: 'failed', shard, error: 'EIO', message: 'read failed' });
      worker.exit(1);
    });
    const { events } = start(script, { shards: [0], clock });
    for (let i = 0; i < 200; i++) await turn();
    expect(events.at(-1)).toMatchObject({ type: 'exited', exitCode: 0 });
  },
);

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('messages about a shard that is not the worker’s own are ignored', async () => {
  const script = working((worker, shard) => {
    if (shard === 0) worker.say({ type: 'complete', shard: 1 });
    worker.say({ type: 'complete', shard });
    worker.say({ type: 'complete', shard });
  });
  const { outcome, of } = start(script, { shards: [0, 1] });
  expect((await outcome).completed).toEqual([0, 1]);
  expect(of('assigned').map(({ shard }) => shard)).toEqual([0, 1]);
});

test('a shard that always fails is retried after 1, 2 and 4 s, then has failed; the others go on', async () => {
  const times: number[] = [];
  const reported: [number, string][] = [];
  const run = start(
    working((worker, shard) => {
      if (shard !== 7) return worker.say({ type: 'complete', shard });
      times.push(run.clock.now());
      worker.say({ type: 'failed', shard, error: 'EIO', message: 'read failed' });
      worker.exit(1);
    }),
    { shards: [7, 8], onShardFailed: async (...report) => void reported.push(report) },
  );
  await run.clock.drain();
  const message = 'exhausted 3 retries: read failed';
  expect(await run.outcome).toEqual({
    completed: [8],
    failed: [{ shard: 7, kind: 'transient', message }],
    stopped: null,
  });
  expect(times).toEqual([0, 1000, 3000, 7000]);
  expect(reported).toEqual([[7, message]]);
  expect(run.of('shard_failed')).toMatchObject([{ shard: 7, kind: 'transient', message }]);
});

test('the back-off of one shard does not delay another', async () => {
  const run = start(
    working((worker, shard, attempt) => {
      if (shard === 0 && attempt < 4) worker.exit(1);
      else worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1, 2, 3], slots: 1 },
  );
  await run.clock.advance(0);
  expect(run.of('complete').map(({ shard }) => shard)).toEqual([1, 2, 3]);
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([1, 2, 3, 0]);
});

test('a worker that exits with code 0 before its shard is complete has failed', async () => {
  const run = start(
    working((worker, shard, attempt) =>
      attempt === 1 ? worker.exit(0) : worker.say({ type: 'complete', shard }),
    ),
    { shards: [0] },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.of('failed')).toMatchObject([{ shard: 0, kind: 'transient' }]);
});

test('a preempted worker is restarted after 60 s, without limit; a healthy one gets its shard immediately', async () => {
  const single = start(
    working((worker, shard, attempt) =>
      attempt <= 10 ? worker.exit(143) : worker.say({ type: 'complete', shard }),
    ),
    { shards: [0] },
  );
  await single.clock.drain();
  expect((await single.outcome).completed).toEqual([0]);
  expect(single.clock.now()).toBe(600_000);

  const pair = start(
    working((worker, shard) => {
      if (worker.slot === 0) worker.exit(null, 'SIGTERM');
      else worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1], slots: 2 },
  );
  await pair.clock.advance(0);
  expect((await pair.outcome).completed.sort()).toEqual([0, 1]);
});

test('the same batch poisoned twice opens the breaker, without a delay', async () => {
  const run = start(
    working((worker, shard) => {
      if (shard !== 0) return worker.say({ type: 'complete', shard });
      worker.say({ type: 'failed', shard, batchIdx: 42, error: 'cuda_runtime', message: 'illegal address' });
      worker.exit(1);
    }),
    { shards: [0, 1] },
  );
  await run.clock.advance(0);
  expect(await run.outcome).toMatchObject({
    completed: [1],
    failed: [
      {
        shard: 0,
        kind: 'poison_input',
        message: 'circuit breaker: batch 42 failed 2 times: illegal address',
      },
    ],
  });
});

test('a shard that makes progress never runs out of retries', async () => {
  const run = start(
    working((worker, shard, attempt) => {
      if (attempt > 20) return worker.say({ type: 'complete', shard });
      worker.say({ type: 'checkpoint', shard, checkpoint: attempt, sequences: 1, file: 'f', reason: 'r' });
      worker.exit(1);
    }),
    { shards: [0] },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(new Set(run.of('retry').map(({ delayMs }) => delayMs))).toEqual(new Set([1000]));
});

test('a rejected report surfaces once the other shards are done', async () => {
  const run = start(
    working((worker, shard) => (shard === 0 ? worker.exit(1) : worker.say({ type: 'complete', shard }))),
    {
      shards: [0, 1],
      policy: { maxRetriesTransient: 0 },
      onShardFailed: () => Promise.reject(new Error('disk full')),
    },
  );
  const error = await run.outcome.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ShardReportError);
  expect(error).toMatchObject({ code: 'shard_report', shard: 0, cause: { message: 'disk full' } });
  expect(run.of('complete').map(({ shard }) => shard)).toEqual([1]);
});

test.each([
  ['slots', { slots: 0 }],
  ['slots', { slots: 1.5 }],
  ['shards', { shards: [1, 1] }],
  ['graceMs', { graceMs: Number.NaN }],
])('refuses invalid %s', (name, options) => {
  const { spawn } = new FakeWorkers(good);
  expect(() => new Coordinator({ slots: 1, shards: [0], spawn, ...options })).toThrow(RangeError);
  expect(() => new Coordinator({ slots: 1, shards: [0], spawn, ...options })).toThrow(name);
});
